import { type Clock, isPageSwarmError, type PeerId } from '@pageswarm/primitives';
import { WRITER_TAG_DIGITS } from '../snapshot/document-codec.ts';
import { decodePeer, type StoredPeer } from '../snapshot/peer-codec.ts';
import type { HostTable } from '../swarm/host-table.ts';

/**
 * Which other trackers hold a lease of which peer. A peer stays where it renews; the others list it on that tracker's
 * word, as long as the tracker runs and can be heard.
 */
export class SharedLeases {
  private readonly vouchers = new Map<PeerId, Map<PeerId, StoredPeer>>();
  private heardAt: number | undefined;

  constructor(
    private readonly hosts: HostTable,
    private readonly clock: Clock,
  ) {
    hosts.keepWhile((peerId) => this.vouchers.has(peerId) && this.isHearing);
  }

  /** Peers that others vouch for. */
  get size(): number {
    return this.vouchers.size;
  }

  /** The others could be heard just now. */
  heard(): void {
    this.heardAt = this.clock.monotonic();
  }

  /** @param tag the beginning of a tracker's id */
  isLeasedAt(tag: string, peerId: PeerId): boolean {
    for (const tracker of this.vouchers.get(peerId)?.keys() ?? []) if (tracker.slice(0, WRITER_TAG_DIGITS) === tag) return true;
    return false;
  }

  /** @param value undefined if the tracker holds no lease of the peer (any more) */
  take(tracker: PeerId, id: string, value: Buffer | undefined): void {
    const peer = value && readable(id, value);
    if (!peer) {
      this.drop(tracker, id as PeerId, (peerId) => this.hosts.leave(peerId));
      return;
    }
    const vouchers = this.vouchers.get(peer.facts.peerId) ?? new Map<PeerId, StoredPeer>();
    this.vouchers.set(peer.facts.peerId, vouchers);
    vouchers.set(tracker, peer);
    this.adoptBest(vouchers);
  }

  /** A tracker is gone without a word about its peers: they have to show up or to answer. */
  lose(tracker: PeerId): void {
    for (const peerId of this.vouchersOf(tracker)) this.drop(tracker, peerId, () => this.hosts.doubt(peerId));
  }

  /** Whoever is not among these is not leased at the tracker any more. */
  keepOnly(tracker: PeerId, ids: ReadonlySet<string>): void {
    for (const peerId of this.vouchersOf(tracker)) if (!ids.has(peerId)) this.take(tracker, peerId, undefined);
  }

  /** Forgets a peer, whoever vouches for it. */
  forget(peerId: PeerId): void {
    this.vouchers.delete(peerId);
    this.hosts.leave(peerId);
  }

  private get isHearing(): boolean {
    return this.heardAt !== undefined && this.clock.monotonic() - this.heardAt < this.hosts.leaseMs;
  }

  private vouchersOf(tracker: PeerId): PeerId[] {
    return [...this.vouchers].filter(([, vouchers]) => vouchers.has(tracker)).map(([peerId]) => peerId);
  }

  private drop(tracker: PeerId, peerId: PeerId, end: (peerId: PeerId) => void): void {
    const vouchers = this.vouchers.get(peerId);
    if (!vouchers?.delete(tracker)) return;
    if (vouchers.size > 0) {
      this.adoptBest(vouchers);
      return;
    }
    this.vouchers.delete(peerId);
    if (!this.hosts.get(peerId)?.isOwn) end(peerId);
  }

  /** One tracker that reaches a peer is enough. */
  private adoptBest(vouchers: ReadonlyMap<PeerId, StoredPeer>): void {
    const all = [...vouchers.values()];
    const best = all.find(({ state }) => state === 'live') ?? all[0];
    if (best) this.hosts.adopt(best.facts, best.state);
  }
}

function readable(id: string, value: Buffer): StoredPeer | undefined {
  try {
    return decodePeer(id, value);
  } catch (error) {
    if (isPageSwarmError(error)) return undefined;
    throw error;
  }
}
