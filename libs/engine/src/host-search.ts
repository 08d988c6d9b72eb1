import type { ErrorShape } from '@pageswarm/primitives';
import type { EngineLimits } from './limits.ts';

type SearchLimits = Pick<
  EngineLimits,
  'lookupPauseMs' | 'maxLookupPauseMs' | 'maxUrgentLookupPauseMs' | 'lookupTimeoutMs' | 'hostSearchWindowMs'
>;

/** When to ask for hosts again, and when to give up: often while none is alive, ever more rarely while some are. */
export class HostSearch {
  /** Why the last lookup told nothing. */
  failure: ErrorShape | undefined;
  private pauseMs = 0;
  private dueAt = Number.POSITIVE_INFINITY;
  /** Since when no host is alive. */
  private emptySince: number | undefined;

  constructor(private readonly limits: SearchLimits) {}

  /** No host is alive: look at once and keep looking. */
  urge(now: number): void {
    if (this.emptySince !== undefined) return;
    this.emptySince = now;
    this.pauseMs = this.limits.lookupPauseMs;
    this.dueAt = Math.min(this.dueAt, now);
  }

  /** A host is alive: there is no hurry any more. */
  relax(): void {
    this.emptySince = undefined;
  }

  stop(): void {
    this.emptySince = undefined;
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  /** @returns true if a lookup has to be sent now */
  take(now: number): boolean {
    if (now < this.dueAt) return false;
    this.dueAt = now + this.limits.lookupTimeoutMs;
    return true;
  }

  answered(now: number, failure?: ErrorShape): void {
    this.failure = failure;
    const longest = this.emptySince === undefined ? this.limits.maxLookupPauseMs : this.limits.maxUrgentLookupPauseMs;
    this.dueAt = now + Math.min(this.pauseMs, longest);
    this.pauseMs = Math.min(this.pauseMs * 2, longest);
  }

  /** True if no host was alive for the whole window. */
  isHopeless(now: number): boolean {
    return this.emptySince !== undefined && now - this.emptySince >= this.limits.hostSearchWindowMs;
  }
}
