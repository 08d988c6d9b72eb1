import type { DemandList } from './demand-list.ts';
import type { EngineLimits } from './limits.ts';

/** After a hold nothing is held for this many times as long, so that hosts stand idle for readers a tenth of the time at most. */
const REST_FACTOR = 9;

/**
 * Says while what a reader waits for is on its way that nothing else is to be asked: it would come through the same line and at the cost of
 * the same limits. Whoever reads is served in a fraction of a second, and what the hosts could have sent meanwhile comes after it.
 */
export class DemandHold {
  private since: number | undefined;
  private restsUntil = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly demands: Pick<DemandList, 'isUnderWay'>,
    private readonly limits: Pick<EngineLimits, 'demandHoldMs'>,
  ) {}

  /** Readers want something. A hold that is on does not last longer for it, or readers that come one after the other would stop a download. */
  begin(now: number): void {
    if (this.since === undefined && now >= this.restsUntil && this.demands.isUnderWay()) this.since = now;
  }

  isOn(now: number): boolean {
    return now < this.endsAt && this.demands.isUnderWay();
  }

  /** When it ends at the latest: without a hold long ago. */
  get endsAt(): number {
    return this.since === undefined ? Number.NEGATIVE_INFINITY : this.since + this.limits.demandHoldMs;
  }

  /** @returns true if a hold is over now that was not over before: hosts can be asked again */
  lift(now: number): boolean {
    if (this.since === undefined || this.isOn(now)) return false;
    this.restsUntil = now + (now - this.since) * REST_FACTOR;
    this.since = undefined;
    return true;
  }
}
