const TICK_MS = 1;

/** How long somebody waits who comes at any moment, in milliseconds. */
export interface Waits {
  readonly p99: number;
  readonly most: number;
}

/**
 * How long the event loop of this process is at one thing after the other before it looks around again: the processor time of the
 * process between two ticks of a timer, or the time that passed if that is less. Times without a processor do not count, so that it
 * tells what a process keeps others waiting for on a machine with other work, too.
 */
export class StepWatch {
  private steps: number[] = [];
  private began = performance.now();
  private wall = this.began;
  private cpu = process.cpuUsage();
  private readonly timer = setInterval(() => this.tick(), TICK_MS);

  /** Of all since the last call. */
  take(): Waits {
    this.tick();
    const { steps } = this;
    const passed = this.wall - this.began;
    this.steps = [];
    this.began = this.wall;
    return { p99: waitOf(steps, passed, 0.99), most: Math.max(0, ...steps) };
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.cpu);
    this.cpu = process.cpuUsage();
    this.steps.push(Math.min((user + system) / 1_000, now - this.wall));
    this.wall = now;
  }
}

/**
 * What a share of those who come at any moment within `passed` wait at the most: whoever comes while a step goes on waits for its rest,
 * and everybody else not at all.
 */
export function waitOf(steps: readonly number[], passed: number, share: number): number {
  const longer = (wait: number) => steps.reduce((sum, step) => sum + Math.max(0, step - wait), 0);
  let low = 0;
  let high = Math.max(0, ...steps);
  for (let n = 0; n < 40; n++) {
    const middle = (low + high) / 2;
    if (longer(middle) <= (1 - share) * passed) high = middle;
    else low = middle;
  }
  return high;
}
