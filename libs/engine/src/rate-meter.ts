/** How far back a rate looks: bytes lose 63 % of their weight over this time, in ms. */
export const RATE_MEMORY_MS = 2_000;

/**
 * Bytes per second over the recent busy time: while nothing is expected the clock stands still, so an idle host keeps its rate,
 * and while bytes are expected and do not come the rate falls.
 */
export class RateMeter {
  private bytes = 0;
  private busyMs = 0;
  private at = 0;
  private busy = false;
  private measured = false;
  /** Bytes per second when bytes came last, which waiting for more does not lower; undefined before the first byte. */
  lastRate: number | undefined;

  constructor(private readonly memoryMs = RATE_MEMORY_MS) {}

  /** Bytes are expected from now on. */
  begin(now: number): void {
    if (this.busy) return;
    this.busy = true;
    this.at = now;
  }

  /** No bytes are expected any more. */
  end(now: number): void {
    this.advance(now);
    this.busy = false;
  }

  add(now: number, bytes: number): void {
    this.advance(now);
    this.bytes += bytes;
    this.measured = true;
    this.lastRate = this.rate(now);
  }

  /** Bytes per second, undefined before the first byte. */
  rate(now: number): number | undefined {
    if (!this.measured) return undefined;
    this.advance(now);
    return (this.bytes * 1_000) / Math.max(this.busyMs, 1);
  }

  /** Busy time so far, weighed as the bytes are, in ms. */
  busyTime(now: number): number {
    this.advance(now);
    return this.busyMs;
  }

  private advance(now: number): void {
    if (!this.busy || now <= this.at) return;
    const kept = Math.exp((this.at - now) / this.memoryMs);
    this.bytes *= kept;
    this.busyMs = this.busyMs * kept + this.memoryMs * (1 - kept);
    this.at = now;
  }
}
