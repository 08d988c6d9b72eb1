export { Bitfield } from './bitfield.ts';
export { type ByteSource, MemoryByteSource } from './byte-source.ts';
export { type Clock, ManualClock } from './clock.ts';
export { type Endpoint, formatEndpoint, parseEndpoint, plainAddress } from './endpoint.ts';
export { ERROR_CODES, type ErrorCode, type ErrorMeaning, isErrorCode } from './error-codes.ts';
export { type ErrorShape, errorShape, isPageSwarmError, PageSwarmError } from './errors.ts';
export {
  type DocumentId,
  documentId,
  type InfoHashV1,
  type InfoHashV2,
  infoHashV1,
  infoHashV2,
  type Md5,
  md5,
  type PageNumber,
  type PeerId,
  type PieceIndex,
  pageNumber,
  peerId,
  pieceIndex,
} from './ids.ts';
export { countOf, type IndexRange, indexesOf, mergeIndexRanges, toIndexRanges } from './index-ranges.ts';
export { addressBytes, addressText } from './ip-address.ts';
export { formatPageRanges, MAX_PAGE_RANGES_LENGTH, parsePageRanges } from './page-ranges.ts';
export { choosePieceLength, LEAF_BLOCK_BYTES, MAX_PIECES, pieceCount, pieceSize, piecesOfBytes } from './pieces.ts';
export { type Random, randomInteger, SeededRandom, shuffled } from './random.ts';
