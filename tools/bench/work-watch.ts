import { openSync, readSync } from 'node:fs';

/** How coarsely Linux tells the time that a running thread has used, in microseconds: it counts at ticks of its clock. */
const TICK_US = 4_000;

/**
 * Measures pieces of work on the main thread by their CPU, in microseconds. The process has other threads, which collect
 * garbage and compile meanwhile, and on a busy machine it waits for its turn: neither is counted for the longest one.
 */
export class WorkWatch {
  private most = 0;

  /** The longest piece so far, at the most: for how long the event loop would stand still on an idle machine. */
  get longest(): number {
    return this.most;
  }

  /** @returns the CPU of the whole process for it, or the time that passed if that is less */
  measure(work: () => void): number {
    const end = this.begin();
    work();
    return end();
  }

  /** Begins a piece that the returned function ends. */
  begin(): () => number {
    const thread = threadMicroseconds();
    const started = performance.now();
    const before = process.cpuUsage();
    return () => {
      const { user, system } = process.cpuUsage(before);
      const used = Math.min(user + system, 1_000 * (performance.now() - started));
      // Reading the thread's own time is only worth it for a piece that may be the longest.
      if (used > this.most) this.most = Math.max(this.most, Math.min(used, threadMicroseconds() - thread + TICK_US));
      return used;
    };
  }
}

const descriptor = openThreadFile();
const bytes = Buffer.alloc(64);

function openThreadFile(): number | undefined {
  try {
    return openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch {
    // Another system than Linux: all threads are counted.
    return undefined;
  }
}

function threadMicroseconds(): number {
  if (descriptor === undefined) {
    const { user, system } = process.cpuUsage();
    return user + system;
  }
  const length = readSync(descriptor, bytes, 0, bytes.length, 0);
  return Number(bytes.toString('latin1', 0, length).split(' ')[0]) / 1_000;
}
