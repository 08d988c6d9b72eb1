/** The leaf of the Merkle tree and the smallest piece (BEP 52), in bytes. */
export const LEAF_BLOCK_BYTES = 16_384;
/** The most pieces that a document is cut into. */
export const MAX_PIECES = 8_192;

/** The piece length of a document: the smallest power of two from 16 KiB up that cuts `size` into at most 8,192 pieces. */
export function choosePieceLength(size: number): number {
  let length = LEAF_BLOCK_BYTES;
  while (Math.ceil(size / length) > MAX_PIECES) length *= 2;
  return length;
}

export function pieceCount(size: number, pieceLength: number): number {
  return Math.ceil(size / pieceLength);
}

/** Bytes of one piece: `pieceLength`, and what is left for the last. */
export function pieceSize(index: number, size: number, pieceLength: number): number {
  return Math.min(pieceLength, size - index * pieceLength);
}

/** The pieces that bytes `offset` to `offset + length` touch, as first and count. */
export function piecesOfBytes(offset: number, length: number, pieceLength: number): readonly [first: number, count: number] {
  if (length <= 0) return [Math.floor(offset / pieceLength), 0];
  const first = Math.floor(offset / pieceLength);
  return [first, Math.floor((offset + length - 1) / pieceLength) - first + 1];
}
