/** First wait before a lost connection that must be kept is dialled again, in ms. */
export const DEFAULT_BACKOFF_MIN_MS = 250;
/** Longest wait between two attempts, in ms. */
export const DEFAULT_BACKOFF_MAX_MS = 30_000;

/** Doubling waits with full jitter between half and whole, so that nodes that lost the same server do not return as one. */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly minMs = DEFAULT_BACKOFF_MIN_MS,
    private readonly maxMs = DEFAULT_BACKOFF_MAX_MS,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next wait in ms. */
  next(): number {
    const whole = Math.min(this.maxMs, this.minMs * 2 ** Math.min(this.attempts++, 30));
    return whole / 2 + (this.random() * whole) / 2;
  }

  reset(): void {
    this.attempts = 0;
  }
}
