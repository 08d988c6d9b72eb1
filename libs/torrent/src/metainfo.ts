import { hash } from 'node:crypto';
import {
  type DocumentId,
  type InfoHashV1,
  type InfoHashV2,
  infoHashV1,
  infoHashV2,
  PageSwarmError,
  pieceCount,
} from '@pageswarm/primitives';
import { type BencodeInput, bencode, bencodeKey } from './bencode.ts';
import { V1_HASH_BYTES } from './document-hasher.ts';
import { MERKLE_HASH_BYTES, type PieceLayout } from './merkle-tree.ts';

/** Where the page map stands in a .torrent: beside `info`, so that it changes no info-hash and other clients skip it. */
export const PAGE_MAP_KEY = 'pageswarm page map';

/** What a .torrent says about one document. */
export interface Metainfo {
  /** As it came: it may hold path separators or control characters, so it is no file name yet. */
  readonly name: string;
  /** Bytes of the document. */
  readonly size: number;
  readonly pieceLength: number;
  /** The identity of the document. A v1-only torrent does not know it. */
  readonly root?: DocumentId;
  /** 32 bytes per piece, verified against the root. For a document of one piece, the root itself. */
  readonly pieceLayer?: Uint8Array;
  /** 20 bytes per piece. A v2-only torrent has none. */
  readonly v1Pieces?: Uint8Array;
  readonly infoHashV1?: InfoHashV1;
  readonly infoHashV2?: InfoHashV2;
  /** Announce URLs in tiers (BEP 12). */
  readonly trackers: readonly (readonly string[])[];
  /** HTTP addresses of the file (BEP 19). */
  readonly webSeeds: readonly string[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** Milliseconds since 1970; a .torrent keeps whole seconds. */
  readonly createdAt?: number;
  /** Only the torrent's own trackers may be asked for peers (BEP 27). It is part of what the info-hash is made of. */
  readonly isPrivate?: boolean;
  /** An encoded page map; whoever uses it validates it. */
  readonly pageMap?: Uint8Array;
}

/** What the info dictionary of a hybrid torrent is made of. */
export interface HybridInfo extends PieceLayout {
  readonly name: string;
  readonly root: DocumentId;
  readonly v1Pieces: Uint8Array;
  readonly isPrivate?: boolean;
}

/** What a hybrid .torrent is made of; what {@link Metainfo} has beyond it may be left out. */
export type HybridMetainfo = HybridInfo & { readonly pieceLayer: Uint8Array } & Partial<Metainfo>;

/** The info dictionary of one file that v1 (BEP 3) and v2 (BEP 52) clients read, as libtorrent writes it. */
function infoDictionary(info: HybridInfo): Map<string, BencodeInput> {
  const { name, size, root } = info;
  const file = new Map<string, BencodeInput>([
    ['length', size],
    ['pieces root', Buffer.from(root, 'hex')],
  ]);
  return plainInfoDictionary(info)
    .set('file tree', new Map([[bencodeKey(name), new Map([['', file]])]]))
    .set('meta version', 2);
}

/** The info dictionary of one file that v1 clients read, with nothing of v2 in it. */
function plainInfoDictionary({ name, size, pieceLength, v1Pieces, isPrivate }: Omit<HybridInfo, 'root'>): Map<string, BencodeInput> {
  if (name === '') throw new PageSwarmError('INVALID_TORRENT', 'A torrent needs a name');
  if (v1Pieces.length !== pieceCount(size, pieceLength) * V1_HASH_BYTES)
    throw new PageSwarmError('INVALID_TORRENT', `${v1Pieces.length} bytes of v1 hashes do not fit a document of ${size} bytes`);
  const info = new Map<string, BencodeInput>([
    ['length', size],
    ['name', name],
    ['piece length', pieceLength],
    ['pieces', v1Pieces],
  ]);
  return isPrivate ? info.set('private', 1) : info;
}

/**
 * The info-hash of the plain v1 torrent of a document: another one than the v1 hash of its hybrid torrent, whose info
 * dictionary holds more.
 * @throws PageSwarmError INVALID_TORRENT if the name is empty or the hashes do not fit the size
 */
export function plainInfoHash(info: Omit<HybridInfo, 'root'>): InfoHashV1 {
  return infoHashesOf(bencode(plainInfoDictionary(info))).infoHashV1;
}

/**
 * Both identities of the same info dictionary: SHA-1 for v1 clients, SHA-256 for v2 clients.
 * @throws PageSwarmError INVALID_TORRENT if the name is empty or the hashes do not fit the size
 */
export function infoHashes(info: HybridInfo): { readonly infoHashV1: InfoHashV1; readonly infoHashV2: InfoHashV2 } {
  return infoHashesOf(bencode(infoDictionary(info)));
}

/** The same over the bytes of an info dictionary as they came. */
export function infoHashesOf(rawInfo: Uint8Array): { readonly infoHashV1: InfoHashV1; readonly infoHashV2: InfoHashV2 } {
  return { infoHashV1: infoHashV1(hash('sha1', rawInfo, 'hex')), infoHashV2: infoHashV2(hash('sha256', rawInfo, 'hex')) };
}

/**
 * Writes a hybrid .torrent (BEP 3, 12, 19, 52).
 * @throws PageSwarmError INVALID_TORRENT if the name is empty or the hashes do not fit the size
 */
export function encodeMetainfo(metainfo: HybridMetainfo): Uint8Array {
  const { size, pieceLength, root, pieceLayer } = metainfo;
  if (pieceLayer.length !== pieceCount(size, pieceLength) * MERKLE_HASH_BYTES)
    throw new PageSwarmError('INVALID_TORRENT', `A piece layer of ${pieceLayer.length} bytes does not fit a document of ${size} bytes`);
  const layers = new Map<string, BencodeInput>();
  if (size > pieceLength) layers.set(Buffer.from(root, 'hex').toString('latin1'), pieceLayer);
  return encodeTorrent(metainfo, infoDictionary(metainfo), layers);
}

/**
 * Writes a plain v1 .torrent (BEP 3, 12, 19), for clients that cannot read a hybrid one. It has an info-hash of its own:
 * {@link plainInfoHash}.
 * @throws PageSwarmError INVALID_TORRENT if the name is empty or the hashes do not fit the size
 */
export function encodePlainMetainfo(metainfo: HybridMetainfo): Uint8Array {
  return encodeTorrent(metainfo, plainInfoDictionary(metainfo), undefined);
}

function encodeTorrent(
  metainfo: HybridMetainfo,
  info: Map<string, BencodeInput>,
  pieceLayers: Map<string, BencodeInput> | undefined,
): Uint8Array {
  const { comment, createdBy, createdAt, pageMap } = metainfo;
  const trackers = (metainfo.trackers ?? []).filter((tier) => tier.length > 0);
  const webSeeds = metainfo.webSeeds ?? [];
  const torrent = new Map<string, BencodeInput>([['info', info]]);
  if (pieceLayers) torrent.set('piece layers', pieceLayers);
  const firstTracker = trackers[0]?.[0];
  if (firstTracker !== undefined) torrent.set('announce', firstTracker);
  if (trackers.flat().length > 1) torrent.set('announce-list', trackers);
  if (webSeeds.length > 0) torrent.set('url-list', webSeeds);
  if (comment !== undefined) torrent.set('comment', comment);
  if (createdBy !== undefined) torrent.set('created by', createdBy);
  if (createdAt !== undefined) torrent.set('creation date', Math.floor(createdAt / 1000));
  if (pageMap !== undefined) torrent.set(PAGE_MAP_KEY, pageMap);
  return bencode(torrent);
}
