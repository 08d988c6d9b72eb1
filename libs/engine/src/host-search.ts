import type { ErrorShape } from '@pageswarm/primitives';
import type { EngineLimits } from './limits.ts';

type SearchLimits = Pick<
  EngineLimits,
  'lookupPauseMs' | 'maxLookupPauseMs' | 'maxUrgentLookupPauseMs' | 'lookupTimeoutMs' | 'hostSearchWindowMs'
>;

/** When to ask for hosts again, and when to give up: often while something is missing that no live host has, ever more rarely otherwise. */
export class HostSearch {
  /** Why the last lookup told nothing. */
  failure: ErrorShape | undefined;
  private pauseMs = 0;
  private lookups = 0;
  private waiting = false;
  private dueAt = Number.POSITIVE_INFINITY;
  /** Since when no host is alive. */
  private emptySince: number | undefined;
  private hungry = false;

  constructor(private readonly limits: SearchLimits) {}

  /** Looks at once and keeps looking often: no live host has what is missing. */
  urge(now: number): void {
    if (this.hungry) return;
    this.hungry = true;
    this.pauseMs = this.limits.lookupPauseMs;
    this.dueAt = Math.min(this.dueAt, now + this.pauseMs);
    if (this.lookups === 0) this.dueAt = now;
  }

  /** The hosts that are alive have what is missing: there is no hurry. */
  relax(): void {
    this.hungry = false;
  }

  /** Whether any host is alive; the window of the search runs from the time when none is. */
  hasHosts(alive: boolean, now: number): void {
    if (alive) this.emptySince = undefined;
    else this.emptySince ??= now;
  }

  stop(): void {
    this.emptySince = undefined;
    this.hungry = false;
    this.lookups = 0;
    this.waiting = false;
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  /** @returns true if a lookup has to be sent now */
  take(now: number): boolean {
    if (now < this.dueAt) return false;
    this.lookups++;
    this.waiting = true;
    this.dueAt = now + this.limits.lookupTimeoutMs;
    return true;
  }

  /** A lookup was answered; news of hosts that nobody asked for change nothing. */
  answered(now: number, failure?: ErrorShape): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.failure = failure;
    const longest = this.hungry ? this.limits.maxUrgentLookupPauseMs : this.limits.maxLookupPauseMs;
    this.dueAt = now + Math.min(this.pauseMs, longest);
    this.pauseMs = Math.min(this.pauseMs * 2, longest);
  }

  /** True if no host was alive for the whole window. */
  isHopeless(now: number): boolean {
    return this.emptySince !== undefined && now - this.emptySince >= this.limits.hostSearchWindowMs;
  }
}
