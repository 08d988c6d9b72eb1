import { setImmediate } from 'node:timers/promises';
import type { Clock, DocumentId, Random } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { type Announce, HASH_BYTES, type Refusal } from './announce.ts';
import { BittorrentSwarm, type TorrentCounts } from './bittorrent-swarm.ts';
import { ExpiryWheel } from './expiry-wheel.ts';
import { InfoHashTable } from './info-hash-table.ts';

/** How often BitTorrent clients are asked to announce, in seconds. */
export const ANNOUNCE_INTERVAL_SECONDS = 900;
/** How soon they may announce again, in seconds. */
export const MIN_ANNOUNCE_INTERVAL_SECONDS = 60;
/** After how many intervals of silence a BitTorrent peer is forgotten. */
export const SILENT_INTERVALS = 2;
/** When to try again for a torrent that is not listed (BEP 31), in minutes: its host may come back. */
export const UNKNOWN_TORRENT_RETRY_MINUTES = 30;
/** The most torrents whose silent peers are looked for in one sweep, so that a sweep never takes long. */
export const SWARMS_PER_SWEEP = 20_000;
/** Torrents that are looked through for one client before others get their turn. */
export const SWARMS_PER_TURN = 2_000;
/** How often silent BitTorrent peers are looked for, in milliseconds. */
export const BITTORRENT_SWEEP_MS = 10_000;
/** The most torrents that an open tracker keeps which are no listed documents; others are refused until some fall silent. */
export const MAX_UNLISTED_TORRENTS = 200_000;
/** The most BitTorrent peers of all torrents together; more get an answer but are not remembered. */
export const MAX_BITTORRENT_PEERS = 4_000_000;
/** When to try again at a tracker that has no room for another torrent (BEP 31), in minutes. */
export const FULL_TRACKER_RETRY_MINUTES = 15;

const SILENCE_SECONDS = SILENT_INTERVALS * ANNOUNCE_INTERVAL_SECONDS;
const TURNS_OF_SILENCE = Math.ceil((1_000 * SILENCE_SECONDS) / BITTORRENT_SWEEP_MS) + 1;

const UNKNOWN_TORRENT: Refusal = { reason: 'this torrent is not listed here', retryInMinutes: UNKNOWN_TORRENT_RETRY_MINUTES };
const FULL: Refusal = { reason: 'this tracker has no room for another torrent', retryInMinutes: FULL_TRACKER_RETRY_MINUTES };

/** Who may announce, and what. */
export interface AnnouncePolicy {
  /** Why this client gets no answer now. */
  refusalOf(request: Announce): Refusal | undefined;
  /** Why nobody gets an answer to a scrape now. */
  scrapeRefusal(): Refusal | undefined;
  /** Whether a torrent that is no listed document is tracked. */
  tracksUnlisted(infoHash: Buffer): boolean;
}

/** Everybody, for listed documents. */
const LISTED_DOCUMENTS: AnnouncePolicy = { refusalOf: () => undefined, scrapeRefusal: () => undefined, tracksUnlisted: () => false };

export interface BittorrentLimits {
  /** @default MAX_UNLISTED_TORRENTS */
  readonly unlisted: number;
  /** @default MAX_BITTORRENT_PEERS */
  readonly peers: number;
}

/** Finds the document of the info-hash of a plain v1 torrent, which the catalog does not know by itself. */
export type PlainHashes = (infoHash: string) => DocumentId | undefined;

/**
 * The tracker that ordinary BitTorrent clients speak to (BEP 3, 7, 15, 23, 31, 48, 52), whichever way they come. It knows
 * listed documents, and others where the policy says so. BitTorrent peers are kept apart from our hosts, who do not speak
 * the BitTorrent peer protocol, but counted with them.
 */
export class BittorrentTracker {
  private readonly byHash = new InfoHashTable<BittorrentSwarm>();
  /** By {@link placeOf}. */
  private readonly byDocument = new Map<number, BittorrentSwarm>();
  /** Ended downloads of documents whose last peer has gone. */
  private readonly downloads = new Map<number, number>();
  private readonly swarms = new Set<BittorrentSwarm>();
  private readonly wheel = new ExpiryWheel<BittorrentSwarm>(TURNS_OF_SILENCE);
  private peers = 0;
  private unlisted = 0;
  private readonly limits: BittorrentLimits;

  constructor(
    private readonly catalog: Catalog,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly policy: AnnouncePolicy = LISTED_DOCUMENTS,
    private readonly plainHashes: PlainHashes = () => undefined,
    limits: Partial<BittorrentLimits> = {},
  ) {
    this.limits = { unlisted: MAX_UNLISTED_TORRENTS, peers: MAX_BITTORRENT_PEERS, ...limits };
    catalog.onChange(({ kind, record }) => {
      for (const place of [placeOf(record.slot, false), placeOf(record.slot, true)]) {
        const swarm = this.byDocument.get(place);
        if (swarm && kind === 'removed') this.drop(swarm);
        else if (swarm) swarm.hosts = undefined;
        if (kind === 'removed') this.downloads.delete(place);
      }
      // Those who met here before the document was listed find each other again with their next announce.
      if (kind === 'added' && this.unlisted > 0)
        for (const hash of [record.infoHashV1, record.infoHashV2]) this.dropUnlisted(Buffer.from(hash, 'hex'));
    });
  }

  /** BitTorrent peers of all torrents. */
  get peerCount(): number {
    return this.peers;
  }

  /** Torrents that are no listed documents. */
  get unlistedCount(): number {
    return this.unlisted;
  }

  /** Why nobody gets an answer to a scrape now. */
  scrapeRefusal(): Refusal | undefined {
    return this.policy.scrapeRefusal();
  }

  /** The swarm of an announced torrent, or why it has none. */
  swarmFor(request: Announce): BittorrentSwarm | Refusal {
    const refusal = this.policy.refusalOf(request);
    if (refusal) return refusal;
    return this.byHash.get(request.infoHash) ?? this.meet(request.infoHash);
  }

  /**
   * Takes in what a client says of itself.
   * @returns its place among the peers of its family; -1 if it is not one of them
   */
  take(swarm: BittorrentSwarm, request: Announce): number {
    const before = swarm.size;
    const place = swarm.take(request, Math.floor(this.clock.monotonic() / 1_000), this.peers < this.limits.peers);
    this.peers += swarm.size - before;
    if (place >= 0 && !swarm.isWatched) this.watch(swarm, TURNS_OF_SILENCE);
    return place;
  }

  /** Where an answer begins among the peers of a swarm: from 0 (included) to 1 (excluded). */
  chance(): number {
    return this.random.next();
  }

  /** What our own hosts add to a swarm. Looked up when it changed, for a popular document has many holders. */
  hostsOf(swarm: BittorrentSwarm): TorrentCounts {
    if (swarm.hosts) return swarm.hosts;
    const record = swarm.slot === undefined ? undefined : this.catalog.at(swarm.slot);
    swarm.hosts = record ? hostCounts(record) : { complete: 0, downloaded: 0, incomplete: 0 };
    return swarm.hosts;
  }

  /** Both kinds of peers together (BEP 48); undefined for a torrent that is not known here. */
  countsUnder(infoHash: Buffer): TorrentCounts | undefined {
    const swarm = this.byHash.get(infoHash);
    if (swarm) {
      const hosts = this.hostsOf(swarm);
      return {
        complete: hosts.complete + swarm.complete,
        downloaded: hosts.downloaded + swarm.downloaded,
        incomplete: hosts.incomplete + swarm.incomplete,
      };
    }
    const { record, isPlain } = this.documentUnder(infoHash.toString('hex'));
    if (!record) return undefined;
    const place = placeOf(record.slot, isPlain);
    const other = this.byDocument.get(place);
    const { complete, downloaded, incomplete } = hostCounts(record);
    return {
      complete: complete + (other?.complete ?? 0),
      downloaded: downloaded + (other?.downloaded ?? this.downloads.get(place) ?? 0),
      incomplete: incomplete + (other?.incomplete ?? 0),
    };
  }

  /** Forgets the peers of one address, or of one peer id, in all torrents. @returns how many there were */
  async forget(who: { readonly address?: Buffer | undefined; readonly peerId?: Buffer | undefined }): Promise<number> {
    let forgotten = 0;
    let looked = 0;
    for (const swarm of this.swarms) {
      const before = swarm.size;
      swarm.forget(who);
      forgotten += before - swarm.size;
      this.peers -= before - swarm.size;
      if (++looked % SWARMS_PER_TURN === 0) await setImmediate();
    }
    return forgotten;
  }

  /** Forgets peers that fell silent; looks at those torrents only whose peers may have. */
  sweep(): void {
    const now = Math.floor(this.clock.monotonic() / 1_000);
    this.wheel.advance(SWARMS_PER_SWEEP, (swarm) => {
      if (swarm.isGone) return;
      swarm.isWatched = false;
      const before = swarm.size;
      const oldest = swarm.expire(now - SILENCE_SECONDS);
      this.peers += swarm.size - before;
      if (swarm.size === 0) this.drop(swarm);
      else this.watch(swarm, (1_000 * (oldest + SILENCE_SECONDS - now)) / BITTORRENT_SWEEP_MS + 1);
    });
  }

  private watch(swarm: BittorrentSwarm, turns: number): void {
    swarm.isWatched = true;
    this.wheel.put(swarm, turns);
  }

  /** The first announce under a hash. */
  private meet(infoHash: Buffer): BittorrentSwarm | Refusal {
    const { record, isPlain } = this.documentUnder(infoHash.toString('hex'));
    if (!record && !this.policy.tracksUnlisted(infoHash)) return UNKNOWN_TORRENT;
    if (!record && this.unlisted >= this.limits.unlisted) return FULL;
    const place = record && placeOf(record.slot, isPlain);
    const swarm = (place !== undefined && this.byDocument.get(place)) || new BittorrentSwarm(record?.slot, isPlain);
    swarm.hashes += infoHash.toString('latin1');
    this.swarms.add(swarm);
    this.byHash.set(infoHash, swarm);
    if (place === undefined) this.unlisted++;
    else if (!this.byDocument.has(place)) {
      this.byDocument.set(place, swarm);
      swarm.downloaded = this.downloads.get(place) ?? 0;
    }
    // Whoever asks once and never announces would otherwise stay for ever.
    if (!swarm.isWatched) this.watch(swarm, TURNS_OF_SILENCE);
    return swarm;
  }

  private documentUnder(infoHash: string): { readonly record: DocumentRecord | undefined; readonly isPlain: boolean } {
    const other = this.plainHashes(infoHash);
    if (other !== undefined) return { record: this.catalog.get(other), isPlain: true };
    return { record: this.catalog.find(infoHash), isPlain: false };
  }

  private dropUnlisted(infoHash: Buffer): void {
    const swarm = this.byHash.get(infoHash);
    if (swarm && swarm.slot === undefined) this.drop(swarm);
  }

  private drop(swarm: BittorrentSwarm): void {
    const { slot, isPlain } = swarm;
    swarm.isGone = true;
    this.swarms.delete(swarm);
    const hashes = Buffer.from(swarm.hashes, 'latin1');
    for (let at = 0; at < hashes.length; at += HASH_BYTES) if (this.byHash.get(hashes, at) === swarm) this.byHash.delete(hashes, at);
    this.peers -= swarm.size;
    swarm.expire(Number.POSITIVE_INFINITY);
    if (slot === undefined) {
      this.unlisted--;
      return;
    }
    const place = placeOf(slot, isPlain);
    if (this.byDocument.get(place) !== swarm) return;
    this.byDocument.delete(place);
    if (swarm.downloaded > 0) this.downloads.set(place, swarm.downloaded);
  }
}

/**
 * One number for each of the two torrents of a document. Their clients are kept apart: in the handshake of the peer
 * protocol (BEP 3) each names its own info-hash, and refuses another.
 */
function placeOf(slot: number, isPlain: boolean): number {
  return 2 * slot + (isPlain ? 1 : 0);
}

/** Hosts of ours as a BitTorrent client counts peers. */
function hostCounts(record: DocumentRecord): TorrentCounts {
  const { listedSeeders: complete, listedHosts, completed: downloaded } = record;
  return { complete, downloaded, incomplete: listedHosts - complete };
}

/** Whether this is why there is no swarm. */
export function isRefusal(found: BittorrentSwarm | Refusal): found is Refusal {
  return 'reason' in found;
}

/** Room for the info-hashes of a scrape. */
export function hashList(count: number): Buffer {
  return Buffer.alloc(count * HASH_BYTES);
}
