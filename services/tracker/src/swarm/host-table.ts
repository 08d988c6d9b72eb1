import { isDeepStrictEqual } from 'node:util';
import { type Clock, type Endpoint, PageSwarmError, type PeerId } from '@pageswarm/primitives';

/**
 * live: renews its lease and was reached at its address. unreachable: renews, but nobody gets through to it.
 * unconfirmed: known from a snapshot alone.
 */
export const PEER_STATES = ['live', 'unreachable', 'unconfirmed'] as const;
export type PeerState = (typeof PEER_STATES)[number];

/** The most peers that hold a lease; more are refused. */
export const MAX_PEERS = 100_000;

/** A peer that holds a lease. Only the host table writes it. */
export interface HostRecord {
  readonly peerId: PeerId;
  readonly name: string | undefined;
  readonly zone: string | undefined;
  /** Where others reach its transport. */
  readonly address: Endpoint;
  readonly httpAddress: Endpoint | undefined;
  readonly state: PeerState;
  /** Whether it renews at this tracker; if not, a snapshot or another tracker told of it. */
  readonly isOwn: boolean;
  /** Milliseconds since 1970. */
  readonly joinedAt: number;
  readonly lastSeen: number;
}

export type HostFacts = Pick<HostRecord, 'peerId' | 'name' | 'zone' | 'address' | 'httpAddress'>;
export type HostChangeKind = 'joined' | 'state' | 'left';

type Entry = { -readonly [Key in keyof HostRecord]: HostRecord[Key] } & { leaseEnds: number };

/**
 * The peers that hold a lease and where they are. One renewal is one write, however many documents a peer has; leases
 * are all of one length, so the order of renewal is the order of expiry.
 */
export class HostTable {
  private readonly entries = new Map<PeerId, Entry>();
  private readonly listeners: ((kind: HostChangeKind, record: HostRecord) => void)[] = [];
  private isVouchedFor: (peerId: PeerId) => boolean = () => false;

  constructor(
    private readonly clock: Clock,
    readonly leaseMs: number,
    private readonly maxPeers = MAX_PEERS,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  onChange(listener: (kind: HostChangeKind, record: HostRecord) => void): void {
    this.listeners.push(listener);
  }

  get(peerId: PeerId): HostRecord | undefined {
    return this.entries.get(peerId);
  }

  all(): IterableIterator<HostRecord> {
    return this.entries.values();
  }

  count(state: PeerState): number {
    let count = 0;
    for (const entry of this.entries.values()) if (entry.state === state) count++;
    return count;
  }

  /**
   * Begins a lease. A peer that joins again from the same address keeps its state until it is checked anew.
   * @throws PageSwarmError LIMIT_EXCEEDED
   */
  join(facts: HostFacts): HostRecord {
    const before = this.entries.get(facts.peerId);
    if (!before && this.entries.size >= this.maxPeers)
      throw new PageSwarmError('LIMIT_EXCEEDED', `The tracker holds its limit of ${this.maxPeers} peers`);
    const isSamePlace = before?.address.host === facts.address.host && before.address.port === facts.address.port;
    return this.put(facts, isSamePlace && before?.state === 'live' ? 'live' : 'unreachable', true);
  }

  /** Puts back a peer of a snapshot, unless it has joined already. Its lease begins now. */
  restore(facts: HostFacts): void {
    if (!this.entries.has(facts.peerId) && this.entries.size < this.maxPeers) this.put(facts, 'unconfirmed', false);
  }

  /** Takes in what another tracker says of a peer that renews there; what it tells this tracker itself counts more. */
  adopt(facts: HostFacts, state: PeerState): void {
    const before = this.entries.get(facts.peerId);
    if (before?.isOwn || (!before && this.entries.size >= this.maxPeers)) return;
    const isSame = (['name', 'zone', 'address', 'httpAddress'] as const).every((key) => isDeepStrictEqual(before?.[key], facts[key]));
    if (before && isSame) this.setState(before, state);
    else this.put(facts, state, false);
  }

  /** Nobody vouches for a peer any more that does not renew here: it has one lease to show up. */
  doubt(peerId: PeerId): void {
    const entry = this.entries.get(peerId);
    if (!entry || entry.isOwn) return;
    this.extend(entry);
    this.setState(entry, 'unconfirmed');
  }

  /** Those who are known from a snapshot alone have one lease from now on to show up. */
  giveTime(): void {
    for (const entry of [...this.entries.values()]) if (entry.state === 'unconfirmed') this.extend(entry);
  }

  /** From now on a lease that runs out goes on while another tracker vouches for the peer. */
  keepWhile(isVouchedFor: (peerId: PeerId) => boolean): void {
    this.isVouchedFor = isVouchedFor;
  }

  /** @returns undefined if the peer holds no lease */
  renew(peerId: PeerId): HostRecord | undefined {
    const entry = this.entries.get(peerId);
    if (!entry) return undefined;
    entry.lastSeen = this.clock.now();
    this.extend(entry);
    if (!entry.isOwn) {
      entry.isOwn = true;
      this.publish('state', entry);
    }
    return entry;
  }

  /** What a check of the address found; nothing happens if the peer moved or left meanwhile. */
  setState(record: HostRecord, state: PeerState): void {
    const entry = this.entries.get(record.peerId);
    if (entry !== record || entry.state === state) return;
    entry.state = state;
    this.publish('state', entry);
  }

  leave(peerId: PeerId): boolean {
    const entry = this.entries.get(peerId);
    if (!entry) return false;
    this.entries.delete(peerId);
    this.publish('left', entry);
    return true;
  }

  /** Ends every lease that has run out, oldest first; the time goes with their number. */
  expire(): HostRecord[] {
    const now = this.clock.monotonic();
    const expired: HostRecord[] = [];
    for (const entry of this.entries.values()) {
      if (entry.leaseEnds > now) break;
      if (!this.isVouchedFor(entry.peerId)) {
        expired.push(entry);
        continue;
      }
      this.extend(entry);
      if (!entry.isOwn) continue;
      entry.isOwn = false;
      this.publish('state', entry);
    }
    for (const { peerId } of expired) this.leave(peerId);
    return expired;
  }

  private put({ peerId, name, zone, address, httpAddress }: HostFacts, state: PeerState, isOwn: boolean): HostRecord {
    const now = this.clock.now();
    const leaseEnds = this.clock.monotonic() + this.leaseMs;
    const entry: Entry = { peerId, name, zone, address, httpAddress, state, isOwn, joinedAt: now, lastSeen: now, leaseEnds };
    this.entries.delete(peerId);
    this.entries.set(peerId, entry);
    this.publish('joined', entry);
    return entry;
  }

  /** Leases are of one length, so whoever got one last is the last to lose it. */
  private extend(entry: Entry): void {
    entry.leaseEnds = this.clock.monotonic() + this.leaseMs;
    this.entries.delete(entry.peerId);
    this.entries.set(entry.peerId, entry);
  }

  private publish(kind: HostChangeKind, record: HostRecord): void {
    for (const listener of this.listeners) listener(kind, record);
  }
}
