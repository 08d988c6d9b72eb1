import { openSync, readSync } from 'node:fs';

const TICK_MS = 1;
/** Shorter blocks are not remembered one by one. */
const NOTED_MS = 5;
const NANOSECONDS = 1e6;

/**
 * The longest that the event loop stood still between two of its turns: the processor time of its thread, so that it does
 * not count when other processes had the processor; the time that passed where the system does not tell that.
 */
export class BlockWatch {
  private readonly clock = threadClock();
  private last = this.clock();
  private longest = 0;
  /** Blocks that are longer than a turn should be, and when they ended. */
  private noted: { readonly endedAt: number; readonly ms: number }[] = [];
  private readonly timer = setInterval(() => this.tick(), TICK_MS);

  /** The longest that ended between two moments of `performance.now()`, of those of {@link NOTED_MS} and more. */
  longestBetween(start: number, end: number): number {
    this.tick();
    return Math.max(0, ...this.noted.filter(({ endedAt }) => endedAt > start && endedAt <= end).map(({ ms }) => ms));
  }

  /** The longest since the last call, in milliseconds. */
  take(): number {
    this.tick();
    const { longest } = this;
    this.longest = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const now = this.clock();
    const ms = now - this.last;
    this.longest = Math.max(this.longest, ms);
    if (ms >= NOTED_MS) this.noted.push({ endedAt: performance.now(), ms });
    this.last = now;
  }
}

/** Milliseconds of processor time that this thread has used. */
function threadClock(): () => number {
  const line = Buffer.alloc(100);
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    return () => Number.parseInt(line.toString('latin1', 0, readSync(file, line, 0, line.length, 0)), 10) / NANOSECONDS;
  } catch {
    return () => performance.now();
  }
}
