import { AddressPool } from './address-pool.ts';

/** The most BitTorrent peers of one torrent; more get an answer but are not remembered. */
export const MAX_SWARM_PEERS = 5_000;

/** Bytes of a compact IPv4 and IPv6 address with its port (BEP 23, BEP 7). */
export const COMPACT_BYTES = { v4: 6, v6: 18 } as const;

export type AddressFamily = keyof typeof COMPACT_BYTES;
/** Compact addresses by family, behind each other. */
export type PickedPeers = Readonly<Record<AddressFamily, Buffer>>;

const NONE = Buffer.alloc(0);

interface SwarmPeer {
  readonly peerId: string;
  readonly isSeeder: boolean;
  /** Milliseconds that never run backwards. */
  readonly lastSeen: number;
}

/** The BitTorrent clients of one torrent, known by their compact address. */
export class BittorrentSwarm {
  /** In the order of the last announce. */
  private readonly peers = new Map<string, SwarmPeer>();
  private readonly leechers = { v4: new AddressPool(COMPACT_BYTES.v4), v6: new AddressPool(COMPACT_BYTES.v6) };
  private readonly seeders = { v4: new AddressPool(COMPACT_BYTES.v4), v6: new AddressPool(COMPACT_BYTES.v6) };

  get size(): number {
    return this.peers.size;
  }

  get complete(): number {
    return this.seeders.v4.size + this.seeders.v6.size;
  }

  get incomplete(): number {
    return this.leechers.v4.size + this.leechers.v6.size;
  }

  peerId(key: string): string | undefined {
    return this.peers.get(key)?.peerId;
  }

  /** @returns what was known of the peer */
  put(key: string, peer: SwarmPeer): SwarmPeer | undefined {
    const before = this.peers.get(key);
    if (!before && this.peers.size >= MAX_SWARM_PEERS) return undefined;
    if (before && before.isSeeder !== peer.isSeeder) this.poolOf(key, before.isSeeder).delete(key);
    this.peers.delete(key);
    this.peers.set(key, peer);
    this.poolOf(key, peer.isSeeder).add(key);
    return before;
  }

  /** @returns what was known of the peer */
  delete(key: string): SwarmPeer | undefined {
    const peer = this.peers.get(key);
    if (!peer) return undefined;
    this.peers.delete(key);
    this.poolOf(key, peer.isSeeder).delete(key);
    return peer;
  }

  /** Forgets peers that were last seen before `moment`; the time goes with their number. */
  expire(moment: number): void {
    for (const [key, { lastSeen }] of this.peers) {
      if (lastSeen >= moment) return;
      this.delete(key);
    }
  }

  /**
   * Compact addresses for an asker, beginning at a place of chance: a seeder needs no other seeders.
   * @param family leaves the other one out
   */
  pick(asker: string, isSeeder: boolean, count: number, chance: number, family?: AddressFamily): PickedPeers {
    const v4 = family === 'v6' ? NONE : this.pickFamily('v4', asker, isSeeder, count, chance);
    const v6 = family === 'v4' ? NONE : this.pickFamily('v6', asker, isSeeder, count - v4.length / COMPACT_BYTES.v4, chance);
    return { v4, v6 };
  }

  private pickFamily(family: AddressFamily, asker: string, isSeeder: boolean, count: number, chance: number): Buffer {
    const at = (pool: AddressPool) => Math.floor(chance * pool.size);
    const leechers = this.leechers[family].pick(count, at(this.leechers[family]), asker);
    if (isSeeder) return leechers;
    const left = count - leechers.length / COMPACT_BYTES[family];
    const seeders = this.seeders[family].pick(left, at(this.seeders[family]), asker);
    return seeders.length === 0 ? leechers : Buffer.concat([leechers, seeders]);
  }

  private poolOf(key: string, isSeeder: boolean): AddressPool {
    return (isSeeder ? this.seeders : this.leechers)[key.length === COMPACT_BYTES.v4 ? 'v4' : 'v6'];
  }
}
