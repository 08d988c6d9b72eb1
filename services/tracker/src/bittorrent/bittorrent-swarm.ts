import { type Announce, COMPACT_BYTES, EVENT } from './announce.ts';
import { PeerSlots } from './peer-slots.ts';

/** The most BitTorrent peers of one torrent; more get an answer but are not remembered. */
export const MAX_SWARM_PEERS = 5_000;

/** Complete and incomplete peers of a torrent, and downloads that ended. */
export interface TorrentCounts {
  readonly complete: number;
  readonly downloaded: number;
  readonly incomplete: number;
}

/** Of every swarm without peers of that family; nobody is ever added to it. */
const NO_PEERS = new PeerSlots(COMPACT_BYTES.v6);

/** The BitTorrent clients of one torrent, known by their compact address. */
export class BittorrentSwarm {
  readonly v4 = new PeerSlots(COMPACT_BYTES.v4);
  /** Downloads that BitTorrent clients told they had ended. */
  downloaded = 0;
  /** What our own hosts add to the counts; undefined until it is looked up again. */
  hosts: TorrentCounts | undefined;
  /** Whether its silent peers will be looked for. */
  isWatched = false;
  /** It is not found any more, whoever still holds it. */
  isGone = false;
  /** The info-hashes that it was asked for under, behind each other, a character for each byte: few swarms have two. */
  hashes = '';
  private sixes: PeerSlots | undefined;

  /**
   * @param slot of its document in the catalog; undefined for a torrent that is no listed document
   * @param isPlain its clients have the plain v1 torrent of the document, and do not understand those of the hybrid one
   */
  constructor(
    readonly slot: number | undefined,
    readonly isPlain = false,
  ) {}

  get size(): number {
    return this.v4.size + (this.sixes?.size ?? 0);
  }

  get complete(): number {
    return this.v4.seeders + (this.sixes?.seeders ?? 0);
  }

  get incomplete(): number {
    return this.v4.leechers + (this.sixes?.leechers ?? 0);
  }

  /** The peers with IPv6 addresses; an empty place that all swarms share while there are none. */
  get v6(): PeerSlots {
    return this.sixes ?? NO_PEERS;
  }

  /**
   * Takes in what a client says of itself.
   * @param hasRoom whether a client that is new may be remembered
   * @returns its place among the peers of its family; -1 if it is not remembered
   */
  take({ key, width, peerId, isSeeder, event }: Announce, seconds: number, hasRoom: boolean): number {
    const isV4 = width === COMPACT_BYTES.v4;
    const known = isV4 ? this.v4 : this.v6;
    const place = known.find(key);
    // A client of a hybrid torrent tells everything twice, once for each of its hashes.
    if (event === EVENT.completed && (place < 0 || !known.isSeeder(place))) this.downloaded++;
    if (event === EVENT.stopped) {
      if (place >= 0) known.remove(place);
      return -1;
    }
    if (place >= 0) return known.update(place, peerId, isSeeder, seconds);
    if (!hasRoom || this.size >= MAX_SWARM_PEERS) return -1;
    if (!isV4) this.sixes ??= new PeerSlots(COMPACT_BYTES.v6);
    return (isV4 ? this.v4 : this.v6).add(key, peerId, isSeeder, seconds);
  }

  /** Forgets the peers of one address, or of one peer id. */
  forget(who: { readonly address?: Buffer | undefined; readonly peerId?: Buffer | undefined }): void {
    this.v4.forget(who);
    this.sixes?.forget(who);
  }

  /** Forgets peers that were last seen before `seconds`. @returns when the one that is silent longest was seen */
  expire(seconds: number): number {
    return Math.min(this.v4.expire(seconds), this.sixes?.expire(seconds) ?? Number.POSITIVE_INFINITY);
  }
}
