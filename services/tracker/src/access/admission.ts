import { addressText, type Clock, PageSwarmError } from '@pageswarm/primitives';
import { type Announce, EVENT, type Refusal } from '../bittorrent/announce.ts';
import type { AnnouncePolicy } from '../bittorrent/bittorrent.service.ts';
import type { AllowList, Identities } from './allow-list.ts';
import { type Bans, normalHost } from './bans.ts';
import { type RateLimit, RateLimiter } from './rate-limiter.ts';

/** When to try again at a tracker that is going away (BEP 31), in minutes: another one, or its successor, is there by then. */
export const DRAINING_RETRY_MINUTES = 1;

/** When to try again at a tracker that still reads its copy (BEP 31), in minutes. */
export const STARTING_RETRY_MINUTES = 1;

const MINUTE_MS = 60_000;
const GOING_AWAY: Refusal = { reason: 'this tracker is going away', retryInMinutes: DRAINING_RETRY_MINUTES };
const STARTING: Refusal = { reason: 'this tracker is starting', retryInMinutes: STARTING_RETRY_MINUTES };
const BANNED: Refusal = { reason: 'banned from this tracker' };

export interface AdmissionOptions {
  /** Torrents that are no listed documents are tracked too. */
  readonly isOpen: boolean;
  /** Only what is on the allow-list is listed and tracked. */
  readonly allowListOnly: boolean;
  readonly announces: RateLimit;
}

/** Who may come in, with what, and how often: the one place that both ways of announcing ask. */
export class Admission implements AnnouncePolicy {
  /** The tracker takes nothing new in any more. */
  isDraining = false;
  /** The tracker does not know yet what it lists. */
  isStarting = false;
  private readonly announces: RateLimiter;

  constructor(
    private readonly bans: Bans,
    private readonly allowList: AllowList,
    private readonly options: AdmissionOptions,
    clock: Clock,
  ) {
    this.announces = new RateLimiter(clock, options.announces);
  }

  get allowListOnly(): boolean {
    return this.options.allowListOnly;
  }

  /** @throws PageSwarmError GOING_AWAY, FORBIDDEN for a banned peer or place */
  demandEntry(peerId: string, ...hosts: readonly string[]): void {
    this.demandTime();
    const reason =
      this.bans.ofPeer(peerId) ?? hosts.map((host) => this.bans.ofAddress(normalHost(host))).find((found) => found !== undefined);
    if (reason !== undefined) throw new PageSwarmError('FORBIDDEN', `Banned from this tracker${reason === '' ? '' : `: ${reason}`}`);
  }

  /** @throws PageSwarmError GOING_AWAY */
  demandTime(): void {
    if (this.isDraining) throw new PageSwarmError('GOING_AWAY', 'This tracker is going away; ask another one');
  }

  /** @throws PageSwarmError FORBIDDEN */
  demandAllowed(document: Identities): void {
    if (!this.isAllowed(document)) throw new PageSwarmError('FORBIDDEN', 'This tracker lists what is on its allow-list only');
  }

  isAllowed(document: Identities): boolean {
    return !this.options.allowListOnly || this.allowList.allows(document);
  }

  scrapeRefusal(): Refusal | undefined {
    return this.isStarting ? STARTING : undefined;
  }

  refusalOf(request: Announce): Refusal | undefined {
    if (this.isStarting) return STARTING;
    // Whoever leaves is not in the way of anything.
    if (this.isDraining && request.event !== EVENT.stopped) return GOING_AWAY;
    const length = request.width - 2;
    if (this.bans.hasAddresses() && this.bans.ofAddress(addressText(request.key.subarray(0, length))) !== undefined) return BANNED;
    if (this.bans.hasPeers() && this.bans.ofPeer(request.peerId.toString('hex')) !== undefined) return BANNED;
    const waitMs = this.announces.take(request.key, length);
    return waitMs === 0 ? undefined : { reason: 'too many announces from this address', retryInMinutes: Math.ceil(waitMs / MINUTE_MS) };
  }

  tracksUnlisted(infoHash: Buffer): boolean {
    return this.options.allowListOnly ? this.allowList.allowsTorrent(infoHash.toString('hex')) : this.options.isOpen;
  }
}
