import type { Clock } from '@pageswarm/primitives';

/** How much unused time a bucket keeps, in milliseconds: as long as timers are late, so that no rate is lost to them. */
export const BURST_MS = 100;

/**
 * A rate as a bucket that fills. Whoever finds it not in debt may take any amount, and those after it wait until that is paid:
 * so the rate holds over time without cutting anything into exact slices.
 */
export class TokenBucket {
  private level = 0;
  private filledAt: number;

  /** @param rate bytes per second; null is without limit */
  constructor(
    private readonly clock: Clock,
    private rate: number | null,
  ) {
    this.filledAt = clock.monotonic();
  }

  /** Holds from now on; debts stay, at the new rate. */
  setRate(rate: number | null): void {
    this.fill();
    this.rate = rate;
  }

  /** Milliseconds until something may be taken; 0 is now. */
  readyInMs(): number {
    if (this.rate === null) return 0;
    this.fill();
    return this.level >= 0 ? 0 : (-this.level / this.rate) * 1_000;
  }

  take(bytes: number): void {
    this.fill();
    if (this.rate !== null) this.level -= bytes;
  }

  private fill(): void {
    const now = this.clock.monotonic();
    const elapsed = now - this.filledAt;
    this.filledAt = now;
    if (this.rate === null) this.level = 0;
    else this.level = Math.min(this.level + (this.rate * elapsed) / 1_000, (this.rate * BURST_MS) / 1_000);
  }
}
