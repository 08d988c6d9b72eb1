import { type DocumentId, documentId, PageSwarmError, pieceCount } from '@pageswarm/primitives';
import { type BencodeLimits, type BencodeValue, bdecodeDictionary } from './bencode.ts';
import { V1_HASH_BYTES } from './document-hasher.ts';
import { isPieceLength, MERKLE_HASH_BYTES, verifyPieceLayer } from './merkle-tree.ts';
import { infoHashesOf, type Metainfo, PAGE_MAP_KEY } from './metainfo.ts';

type Dictionary = ReadonlyMap<string, BencodeValue>;

const ONE_DOCUMENT = 'This torrent describes a folder of files; PageSwarm takes one-document torrents only';

/**
 * Reads a .torrent of one file: v1 (BEP 3), v2 or hybrid (BEP 52). The info-hashes are those of the info bytes as they came,
 * a piece layer is verified against its root, and all byte strings of the result are copies.
 * @throws PageSwarmError INVALID_TORRENT saying what is wrong
 */
export function parseMetainfo(bytes: Uint8Array, limits: Partial<BencodeLimits> = {}): Metainfo {
  const { dictionary: torrent, raw } = bdecodeDictionary(bytes, limits);
  const info = torrent.get('info');
  const rawInfo = raw.get('info');
  if (!(info instanceof Map) || !rawInfo) throw invalid('It has no info dictionary');
  const pieceLength = integer(info, 'piece length', 1);
  const v1 = info.has('pieces') || info.has('files') ? parseV1(info, pieceLength) : undefined;
  const v2 = info.has('meta version') ? parseV2(info, pieceLength) : undefined;
  const size = v2?.size ?? v1?.size;
  if (size === undefined) throw invalid('It has neither v1 pieces nor a v2 file tree');
  if (v1 && v2 && v1.size !== v2.size) throw invalid(`Its v1 part says ${v1.size} bytes and its v2 part ${v2.size}`);
  const hashes = infoHashesOf(rawInfo);
  const pageMap = torrent.get(PAGE_MAP_KEY);
  return {
    name: nameOf(info),
    size,
    pieceLength,
    root: v2?.root,
    pieceLayer: v2 && pieceLayerOf(torrent, v2.root, size, pieceLength),
    v1Pieces: v1?.pieces,
    infoHashV1: v1 && hashes.infoHashV1,
    infoHashV2: v2 && hashes.infoHashV2,
    trackers: trackersOf(torrent),
    webSeeds: texts(torrent.get('url-list')),
    comment: text(torrent.get('comment.utf-8') ?? torrent.get('comment')),
    createdBy: text(torrent.get('created by')),
    createdAt: creationDateOf(torrent),
    isPrivate: info.get('private') === 1 || undefined,
    pageMap: isBytes(pageMap) ? pageMap.slice() : undefined,
  };
}

function parseV1(info: Dictionary, pieceLength: number): { readonly size: number; readonly pieces: Uint8Array } {
  if (info.has('files')) throw new PageSwarmError('INVALID_TORRENT', ONE_DOCUMENT);
  const size = integer(info, 'length', 1);
  const pieces = info.get('pieces');
  if (!isBytes(pieces) || pieces.length !== pieceCount(size, pieceLength) * V1_HASH_BYTES)
    throw invalid(`Its v1 hashes do not fit a document of ${size} bytes in pieces of ${pieceLength}`);
  return { size, pieces: pieces.slice() };
}

function parseV2(info: Dictionary, pieceLength: number): { readonly size: number; readonly root: DocumentId } {
  const version = info.get('meta version');
  if (version !== 2) throw invalid('Its meta version is not 2');
  if (!isPieceLength(pieceLength)) throw invalid(`Its piece length of ${pieceLength} is not a power of two from 16 KiB up`);
  const tree = info.get('file tree');
  if (!(tree instanceof Map) || tree.size === 0) throw invalid('It has no file tree');
  const [[entryName, entry]] = tree as unknown as [[string, BencodeValue]];
  const file = entry instanceof Map ? entry.get('') : undefined;
  // BEP 52: a lone file is the torrent itself only under the torrent's own name, else the name is that of a folder.
  const isNamesake = isBytes(info.get('name')) && Buffer.from(info.get('name') as Uint8Array).toString('latin1') === entryName;
  if (tree.size > 1 || !(file instanceof Map) || !isNamesake) throw new PageSwarmError('INVALID_TORRENT', ONE_DOCUMENT);
  const root = file.get('pieces root');
  if (!isBytes(root) || root.length !== MERKLE_HASH_BYTES) throw invalid('Its file has no pieces root of 32 bytes');
  return { size: integer(file, 'length', 1), root: documentId(Buffer.from(root).toString('hex')) };
}

/** The layer of the document, verified; undefined when the torrent leaves it out, as those made from magnet links do. */
function pieceLayerOf(torrent: Dictionary, root: DocumentId, size: number, pieceLength: number): Uint8Array | undefined {
  const rootBytes = Buffer.from(root, 'hex');
  if (size <= pieceLength) return new Uint8Array(rootBytes);
  const layers = torrent.get('piece layers');
  const layer = layers instanceof Map ? layers.get(rootBytes.toString('latin1')) : undefined;
  if (layer === undefined) return undefined;
  if (!isBytes(layer) || !verifyPieceLayer(root, layer, size, pieceLength))
    throw invalid('Its piece layer does not hash to its pieces root');
  return layer.slice();
}

function nameOf(info: Dictionary): string {
  const name = text(info.get('name.utf-8') ?? info.get('name'));
  if (name === undefined) throw invalid('It has no name');
  if (name === '') throw invalid('Its name is empty');
  return name;
}

function trackersOf(torrent: Dictionary): string[][] {
  const tiers = torrent.get('announce-list');
  const listed = Array.isArray(tiers) ? tiers.map(texts).filter((tier) => tier.length > 0) : [];
  const single = texts(torrent.get('announce'));
  return listed.length > 0 || single.length === 0 ? listed : [single];
}

function creationDateOf(torrent: Dictionary): number | undefined {
  const seconds = torrent.get('creation date');
  return typeof seconds === 'number' && seconds >= 0 && Number.isSafeInteger(seconds * 1000) ? seconds * 1000 : undefined;
}

function integer(dictionary: Dictionary, key: string, least: number): number {
  const value = dictionary.get(key);
  if (typeof value !== 'number' || value < least) throw invalid(`Its "${key}" is not a number from ${least} up`);
  return value;
}

/** Text as UTF-8; old torrents in other encodings get replacement characters, which harm nobody. */
function text(value: BencodeValue | undefined): string | undefined {
  return isBytes(value) ? Buffer.from(value).toString('utf8') : undefined;
}

/** One string or a list of them, without the empty ones; clients write either (BEP 19). */
function texts(value: BencodeValue | undefined): string[] {
  return (Array.isArray(value) ? value : [value]).map(text).filter((item): item is string => item !== undefined && item !== '');
}

function isBytes(value: BencodeValue | undefined): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

function invalid(what: string): PageSwarmError {
  return new PageSwarmError('INVALID_TORRENT', `Not a usable .torrent: ${what.charAt(0).toLowerCase()}${what.slice(1)}`);
}
