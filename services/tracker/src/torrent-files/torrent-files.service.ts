import type { Logger } from '@pageswarm/observability';
import { type DocumentId, errorShape, formatEndpoint, PageSwarmError, parseEndpoint } from '@pageswarm/primitives';
import {
  encodeMetainfo,
  encodePlainMetainfo,
  formatMagnet,
  type HybridMetainfo,
  infoHashes,
  MERKLE_HASH_BYTES,
  parseMetainfo,
  plainInfoHash,
  V1_HASH_BYTES,
} from '@pageswarm/torrent';
import { askInTurns, type Turn } from '@pageswarm/transport';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { hostsOf } from '../swarm/document-view.ts';
import type { HostTable } from '../swarm/host-table.ts';
import { ByteLimitedCache } from './byte-limited-cache.ts';
import type { MetainfoSource } from './metainfo-source.ts';
import type { PlainTorrents } from './plain-torrents.ts';

/** What piece hashes and page maps of documents may take in memory, in bytes. */
export const METAINFO_CACHE_BYTES = 67_108_864;
/** The most hosts that are asked for the piece hashes of a document before the request fails. */
export const MAX_METAINFO_HOSTS = 5;
/** How long a host may be silent before the next one is asked for the piece hashes too, in milliseconds. */
export const METAINFO_PATIENCE_MS = 500;
/** The most hosts that a .torrent or magnet link names as web seeds. */
export const MAX_WEB_SEEDS = 16;

/** What a .torrent needs beyond the catalog, verified against it. */
interface PieceHashes {
  readonly pieceLayer: Uint8Array;
  readonly v1Pieces: Uint8Array;
  readonly pageMap: Uint8Array | undefined;
}

/** Writes .torrent files and magnet links of listed documents. Piece hashes come from a host when they are first needed. */
export class TorrentFiles {
  private readonly cache: ByteLimitedCache<DocumentId, PieceHashes>;
  private readonly pending = new Map<DocumentId, Promise<PieceHashes>>();

  constructor(
    private readonly hosts: HostTable,
    private readonly source: MetainfoSource,
    private readonly logger: Logger,
    private readonly plainTorrents: PlainTorrents,
    cacheBytes = METAINFO_CACHE_BYTES,
  ) {
    this.cache = new ByteLimitedCache(cacheBytes);
  }

  /** What the cache holds, in bytes. */
  get cachedBytes(): number {
    return this.cache.usedBytes;
  }

  /**
   * The hybrid .torrent of a document under its first name, with the tracker's announce URLs in one tier (BEP 12), web seeds and the page map.
   * @throws PageSwarmError NO_HOSTS if no live host tells piece hashes that fit the catalog
   */
  async torrent(record: DocumentRecord, announceUrls: readonly string[]): Promise<Uint8Array> {
    return encodeMetainfo(await this.metainfo(record, announceUrls));
  }

  /**
   * The plain v1 .torrent of a document, for clients that cannot read a hybrid one. Announces of its info-hash are taken
   * for the document from now on.
   * @throws PageSwarmError NO_HOSTS, LIMIT_EXCEEDED
   */
  async plainTorrent(record: DocumentRecord, announceUrls: readonly string[]): Promise<Uint8Array> {
    const { id } = record;
    const metainfo = await this.metainfo(record, announceUrls);
    this.plainTorrents.give(plainInfoHash(metainfo), id);
    return encodePlainMetainfo(metainfo);
  }

  private async metainfo(record: DocumentRecord, announceUrls: readonly string[]): Promise<HybridMetainfo> {
    const { id: root, name, size, pieceLength, addedAt } = record;
    const hashes = await this.pieceHashes(record);
    return {
      ...{ name, size, pieceLength, root },
      ...hashes,
      trackers: [[...announceUrls]],
      webSeeds: this.webSeeds(record),
      comment: record.inspection.title ?? undefined,
      createdBy: 'PageSwarm',
      createdAt: addedAt,
    };
  }

  magnet(record: DocumentRecord, announceUrls: readonly string[]): string {
    const { infoHashV1, infoHashV2, name, size } = record;
    return formatMagnet({ infoHashV1, infoHashV2, name, size, trackers: [...announceUrls], webSeeds: this.webSeeds(record) });
  }

  /** The content URLs of the hosts that have all of it and an HTTP face (BEP 19). */
  private webSeeds(record: DocumentRecord): string[] {
    return hostsOf(record, this.hosts)
      .filter(({ complete, httpAddress }) => complete && httpAddress !== undefined)
      .slice(0, MAX_WEB_SEEDS)
      .map(({ httpAddress }) => `http://${httpAddress}/api/v1/documents/${record.id}/content`);
  }

  private pieceHashes(record: DocumentRecord): Promise<PieceHashes> {
    const { id } = record;
    const cached = this.cache.get(id);
    if (cached) return Promise.resolve(cached);
    const running = this.pending.get(id);
    if (running !== undefined) return running;
    const search = this.askHosts(record).finally(() => this.pending.delete(id));
    this.pending.set(id, search);
    return search;
  }

  private async askHosts(record: DocumentRecord): Promise<PieceHashes> {
    const hosts = hostsOf(record, this.hosts).sort((a, b) => Number(b.complete) - Number(a.complete));
    let reason = 'no host is there';
    const ask = async ({ peerId, address }: (typeof hosts)[number], turn: Turn): Promise<PieceHashes> => {
      try {
        return verified(record, await this.source.fetch(parseEndpoint(address), record.id, turn));
      } catch (error) {
        if (turn.signal.aborted) throw error;
        const { code, detail } = errorShape(error);
        reason = `${formatEndpoint(parseEndpoint(address))} says: ${detail}`;
        this.logger.warn({ err: error, code, peerId, documentId: record.id }, 'a host could not tell the piece hashes of a document');
        throw error;
      }
    };
    const hashes = await askInTurns(hosts.slice(0, MAX_METAINFO_HOSTS), ask, { patienceMs: METAINFO_PATIENCE_MS }).catch((cause) => {
      throw new PageSwarmError('NO_HOSTS', `No host can tell the piece hashes of "${record.name}" now: ${reason}`, { cause });
    });
    const { pieceLayer, v1Pieces, pageMap } = hashes;
    this.cache.set(record.id, hashes, pieceLayer.length + v1Pieces.length + (pageMap?.length ?? 0));
    return hashes;
  }
}

/**
 * The piece hashes that a host told, if they belong to the document: the layer hashes to the root, and under the
 * catalog's name they make the catalog's info-hashes.
 */
function verified(record: DocumentRecord, bytes: Uint8Array): PieceHashes {
  const { root, pieceLayer, v1Pieces, pageMap } = parseMetainfo(bytes);
  const { id, name, size, pieceLength } = record;
  if (root !== id || !pieceLayer || !v1Pieces) throw new PageSwarmError('INVALID_TORRENT', 'The metainfo is not that of the document');
  const isWhole = pieceLayer.length / MERKLE_HASH_BYTES === v1Pieces.length / V1_HASH_BYTES;
  const hashes = isWhole ? infoHashes({ name, size, pieceLength, root: id, v1Pieces }) : undefined;
  if (hashes?.infoHashV1 !== record.infoHashV1 || hashes.infoHashV2 !== record.infoHashV2)
    throw new PageSwarmError('INVALID_TORRENT', 'The metainfo does not make the info-hashes of the document');
  return { pieceLayer, v1Pieces, pageMap };
}
