import type { Clock, DocumentId, Random } from '@pageswarm/primitives';
import { type BencodeInput, bencode } from '@pageswarm/torrent';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { type AddressFamily, BittorrentSwarm, COMPACT_BYTES, type PickedPeers } from './bittorrent-swarm.ts';
import {
  type AnnounceEvent,
  AnnounceRefusal,
  addressBytes,
  addressText,
  parseTrackerQuery,
  readAnnounce,
  readScrape,
  type SwarmAnnounce,
} from './tracker-query.ts';

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

/** What is counted of BitTorrent clients. */
export interface BittorrentMeter {
  announced(event: AnnounceEvent | 'refused', protocol: BittorrentProtocol): void;
  scraped(protocol: BittorrentProtocol): void;
  /** A UDP packet that gets no answer. */
  ignored(): void;
}
export type BittorrentProtocol = 'http' | 'udp';

/** Complete and incomplete peers of a torrent, and downloads that ended. */
export interface TorrentCounts {
  readonly complete: number;
  readonly downloaded: number;
  readonly incomplete: number;
}

/**
 * The tracker that ordinary BitTorrent clients speak to (BEP 3, 7, 15, 23, 31, 48, 52). It knows listed documents only.
 * BitTorrent peers are kept apart from our hosts, who do not speak the BitTorrent peer protocol, but counted with them.
 */
export class BittorrentTracker {
  private readonly swarms = new Map<DocumentId, BittorrentSwarm>();
  private sweeping: IterableIterator<[DocumentId, BittorrentSwarm]> | undefined;
  private readonly downloads = new Map<DocumentId, number>();

  constructor(
    private readonly catalog: Catalog,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly meter: BittorrentMeter,
  ) {
    catalog.onChange(({ kind, record }) => {
      if (kind !== 'removed') return;
      this.swarms.delete(record.id);
      this.downloads.delete(record.id);
    });
  }

  /** BitTorrent peers of all torrents. */
  get peerCount(): number {
    let count = 0;
    for (const swarm of this.swarms.values()) count += swarm.size;
    return count;
  }

  /**
   * Answers `/announce`. The address is that of the connection: one that a client could state would let it point
   * others at somebody else.
   * @returns a bencoded answer, also for a refusal
   */
  announce(url: string, remoteAddress: string): Uint8Array {
    return this.answered(() => {
      const request = readAnnounce(parseTrackerQuery(url));
      const address = addressBytes(remoteAddress);
      if (address === undefined) throw new AnnounceRefusal('invalid address');
      const { record, swarm, peers } = this.take(request, address, undefined, 'http');
      const { v4, v6 } = peers;
      const answer = new Map<string, BencodeInput>([
        ...Object.entries(this.countsOf(record)),
        ['interval', ANNOUNCE_INTERVAL_SECONDS],
        ['min interval', MIN_ANNOUNCE_INTERVAL_SECONDS],
      ]);
      if (request.compact) {
        answer.set('peers', v4);
        if (v6.length > 0) answer.set('peers6', v6);
      } else
        answer.set('peers', [
          ...listed(swarm, v4, COMPACT_BYTES.v4, request.noPeerId),
          ...listed(swarm, v6, COMPACT_BYTES.v6, request.noPeerId),
        ]);
      return answer;
    });
  }

  /**
   * Takes in what a client says, whichever way it came, and picks peers for it.
   * @param address the bytes of the client's address in latin1
   * @param family of the peers; undefined for both
   * @throws AnnounceRefusal for a torrent that is not listed
   */
  take(
    { infoHash, event, isSeeder, peerId, port, numwant }: SwarmAnnounce,
    address: string,
    family: AddressFamily | undefined,
    protocol: BittorrentProtocol,
  ): { readonly record: DocumentRecord; readonly swarm: BittorrentSwarm; readonly peers: PickedPeers } {
    const record = this.demand(infoHash);
    const key = address + String.fromCharCode(port >> 8, port & 0xff);
    const swarm = this.swarmOf(record.id);
    const before = event === 'stopped' ? swarm.delete(key) : swarm.put(key, { peerId, isSeeder, lastSeen: this.clock.monotonic() });
    // A client of a hybrid torrent tells everything twice, once for each of its hashes.
    if (event === 'completed' && !before?.isSeeder) this.downloads.set(record.id, (this.downloads.get(record.id) ?? 0) + 1);
    this.meter.announced(event, protocol);
    return { record, swarm, peers: swarm.pick(key, isSeeder, event === 'stopped' ? 0 : numwant, this.random.next(), family) };
  }

  /** Answers `/scrape`; torrents that are not listed are left out. */
  scrape(url: string): Uint8Array {
    return this.answered(() => {
      const files = new Map<string, BencodeInput>();
      for (const hash of readScrape(parseTrackerQuery(url))) {
        const record = this.catalog.find(hash);
        if (record) files.set(Buffer.from(hash, 'hex').toString('latin1'), new Map(Object.entries(this.countsOf(record))));
      }
      this.meter.scraped('http');
      return new Map([['files', files]]);
    });
  }

  /** Both kinds of peers together (BEP 48). */
  countsOf(record: DocumentRecord): TorrentCounts {
    const swarm = this.swarms.get(record.id);
    let hosts = 0;
    for (const { complete } of record.holdings.values()) if (complete) hosts++;
    const complete = Math.min(hosts, record.listedHosts);
    return {
      complete: complete + (swarm?.complete ?? 0),
      downloaded: record.completed + (this.downloads.get(record.id) ?? 0),
      incomplete: record.listedHosts - complete + (swarm?.incomplete ?? 0),
    };
  }

  /** The same by a hash in hex; undefined for a torrent that is not listed. */
  countsUnder(hash: string): TorrentCounts | undefined {
    const record = this.catalog.find(hash);
    return record && this.countsOf(record);
  }

  /** Forgets peers that fell silent; looks at a part of the torrents each time. */
  sweep(): void {
    const oldest = this.clock.monotonic() - SILENT_INTERVALS * ANNOUNCE_INTERVAL_SECONDS * 1_000;
    this.sweeping ??= this.swarms.entries();
    for (let looked = 0; looked < SWARMS_PER_SWEEP; looked++) {
      const { value, done } = this.sweeping.next();
      if (done) {
        this.sweeping = undefined;
        return;
      }
      const [id, swarm] = value;
      swarm.expire(oldest);
      if (swarm.size === 0) this.swarms.delete(id);
    }
  }

  private demand(infoHash: string): DocumentRecord {
    const record = this.catalog.find(infoHash);
    if (!record) throw new AnnounceRefusal('this torrent is not listed here', UNKNOWN_TORRENT_RETRY_MINUTES);
    return record;
  }

  private swarmOf(id: DocumentId): BittorrentSwarm {
    const known = this.swarms.get(id);
    if (known) return known;
    const swarm = new BittorrentSwarm();
    this.swarms.set(id, swarm);
    return swarm;
  }

  private answered(answer: () => Map<string, BencodeInput>): Uint8Array {
    try {
      return bencode(answer());
    } catch (error) {
      if (!(error instanceof AnnounceRefusal)) throw error;
      this.meter.announced('refused', 'http');
      const refusal = new Map<string, BencodeInput>([['failure reason', error.message]]);
      if (error.retryInMinutes !== undefined) refusal.set('retry in', error.retryInMinutes);
      return bencode(refusal);
    }
  }
}

/** Peers as dictionaries, for clients that do not take compact ones. */
function listed(swarm: BittorrentSwarm, compact: Buffer, width: number, noPeerId: boolean): BencodeInput[] {
  const peers: BencodeInput[] = [];
  for (let at = 0; at < compact.length; at += width) {
    const key = compact.toString('latin1', at, at + width);
    const peer = new Map<string, BencodeInput>([
      ['ip', addressText(key.slice(0, -2))],
      ['port', compact.readUInt16BE(at + width - 2)],
    ]);
    if (!noPeerId) peer.set('peer id', Buffer.from(swarm.peerId(key) ?? '', 'latin1'));
    peers.push(peer);
  }
  return peers;
}
