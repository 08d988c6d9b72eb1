export {
  type BencodeInput,
  type BencodeLimits,
  type BencodeValue,
  bdecode,
  bencode,
  bencodeKey,
  MAX_BENCODE_DEPTH,
  MAX_BENCODE_VALUES,
  MAX_TORRENT_BYTES,
} from './bencode.ts';
export { DocumentHasher, type DocumentHashes, V1_HASH_BYTES } from './document-hasher.ts';
export { formatMagnet, MAX_MAGNET_LENGTH, type Magnet, parseMagnet } from './magnet.ts';
export { MERKLE_HASH_BYTES, type PieceLayout, pieceHash, verifyLeaves, verifyPiece, verifyPieceLayer } from './merkle-tree.ts';
export {
  encodeMetainfo,
  encodePlainMetainfo,
  type HybridInfo,
  type HybridMetainfo,
  infoHashes,
  type Metainfo,
  PAGE_MAP_KEY,
  plainInfoHash,
} from './metainfo.ts';
export { parseMetainfo } from './metainfo-parser.ts';
