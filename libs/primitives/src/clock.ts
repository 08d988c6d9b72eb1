/** Time as an argument: everything that decides asks a clock instead of the machine. */
export interface Clock {
  /** Milliseconds since 1970, for people and records. */
  now(): number;
  /** Milliseconds that never run backwards, for durations. */
  monotonic(): number;
}

/** A clock that moves only when told. */
export class ManualClock implements Clock {
  private elapsed = 0;

  constructor(private readonly epoch = 0) {}

  now(): number {
    return this.epoch + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  advance(ms: number): void {
    this.elapsed += ms;
  }
}
