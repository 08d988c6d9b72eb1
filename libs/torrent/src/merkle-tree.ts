import { hash } from 'node:crypto';
import { type DocumentId, LEAF_BLOCK_BYTES, pieceCount, pieceSize } from '@pageswarm/primitives';

/** Bytes of one node of the tree (SHA-256). */
export const MERKLE_HASH_BYTES = 32;

/** What is needed to know where the pieces of a document begin and end, in bytes. */
export interface PieceLayout {
  readonly size: number;
  /** A power of two from 16 KiB up. */
  readonly pieceLength: number;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

/** Writes the hash of `bytes` to a place in `target`. The hash comes as text, because each buffer of its own would cost half a small hash. */
function hashInto(target: Buffer, offset: number, bytes: Uint8Array): void {
  target.write(hash('sha256', bytes, 'binary'), offset, 'latin1');
}

export function isPieceLength(value: number): boolean {
  return Number.isSafeInteger(value) && value >= LEAF_BLOCK_BYTES && Number.isInteger(Math.log2(value));
}

function nextPowerOfTwo(count: number): number {
  let width = 1;
  while (width < count) width *= 2;
  return width;
}

/**
 * The root over `layer`, hashes of 32 bytes each, filled up with `filler` to `width` hashes (a power of two).
 * Works in place on a copy of at most `count + 1` hashes: whole subtrees of filler are never built.
 */
export function merkleRoot(layer: Uint8Array, width: number, filler: Uint8Array): Uint8Array {
  let count = layer.length / MERKLE_HASH_BYTES;
  const nodes = Buffer.allocUnsafe((count + 1) * MERKLE_HASH_BYTES);
  nodes.set(layer);
  let padding = filler;
  let paddingRows = width;
  for (let rows = width; rows > 1; rows /= 2) {
    if (count % 2 === 1) {
      // Whole pieces need none, so it is made for the row where it is missing.
      for (; paddingRows > rows; paddingRows /= 2) padding = parentOf(padding);
      nodes.set(padding, count++ * MERKLE_HASH_BYTES);
    }
    for (let parent = 0; parent < count / 2; parent++) {
      const pair = nodes.subarray(parent * 2 * MERKLE_HASH_BYTES, (parent * 2 + 2) * MERKLE_HASH_BYTES);
      hashInto(nodes, parent * MERKLE_HASH_BYTES, pair);
    }
    count /= 2;
  }
  return nodes.subarray(0, MERKLE_HASH_BYTES);
}

function parentOf(node: Uint8Array): Uint8Array {
  const pair = new Uint8Array(2 * MERKLE_HASH_BYTES);
  pair.set(node);
  pair.set(node, MERKLE_HASH_BYTES);
  return sha256(pair);
}

/** The leaf that stands for a block beyond the end of the file (BEP 52): zero bytes, not the hash of any. */
const ABSENT_LEAF = new Uint8Array(MERKLE_HASH_BYTES);

function absentPiece(pieceLength: number): Uint8Array {
  let node: Uint8Array = ABSENT_LEAF;
  for (let span = LEAF_BLOCK_BYTES; span < pieceLength; span *= 2) node = parentOf(node);
  return node;
}

/**
 * The root over one piece's leaf hashes. A document of a single piece has no layer: its tree is only as wide as its own
 * leaves need, every other piece is as wide as the piece length (BEP 52).
 */
export function pieceRoot(leaves: Uint8Array, { size, pieceLength }: PieceLayout): Uint8Array {
  const count = leaves.length / MERKLE_HASH_BYTES;
  const width = size <= pieceLength ? nextPowerOfTwo(count) : pieceLength / LEAF_BLOCK_BYTES;
  return merkleRoot(leaves, width, ABSENT_LEAF);
}

/** The root of a document over its piece layer. A single piece is its own root. */
export function documentRoot(pieceLayer: Uint8Array, pieceLength: number): Uint8Array {
  const count = pieceLayer.length / MERKLE_HASH_BYTES;
  return count === 1 ? pieceLayer.slice() : merkleRoot(pieceLayer, nextPowerOfTwo(count), absentPiece(pieceLength));
}

/** The hashes of the 16 KiB blocks of `bytes`, 32 bytes each, in order. */
export function leafHashes(bytes: Uint8Array): Uint8Array {
  const leaves = Buffer.allocUnsafe(Math.ceil(bytes.length / LEAF_BLOCK_BYTES) * MERKLE_HASH_BYTES);
  for (let offset = 0, leaf = 0; offset < bytes.length; offset += LEAF_BLOCK_BYTES, leaf++)
    hashInto(leaves, leaf * MERKLE_HASH_BYTES, bytes.subarray(offset, offset + LEAF_BLOCK_BYTES));
  return leaves;
}

/**
 * The hash of one piece as the piece layer holds it: the root over its 16 KiB leaves, a short last piece filled up with
 * zero leaf hashes to the width of `pieceLength` (BEP 52). For a document that is one piece longer than one leaf use
 * {@link verifyPiece}: its tree is narrower.
 */
export function pieceHash(bytes: Uint8Array, pieceLength: number): Uint8Array {
  if (bytes.length <= LEAF_BLOCK_BYTES && pieceLength === LEAF_BLOCK_BYTES) return sha256(bytes);
  return pieceRoot(leafHashes(bytes), { size: Number.POSITIVE_INFINITY, pieceLength });
}

/** True if `bytes` are exactly piece `index` of the document whose verified layer this is. */
export function verifyPiece(layout: PieceLayout, pieceLayer: Uint8Array, index: number, bytes: Uint8Array): boolean {
  if (!isPieceOf(layout, index) || bytes.length !== pieceSize(index, layout.size, layout.pieceLength)) return false;
  return verifyLeaves(layout, pieceLayer, index, leafHashes(bytes));
}

/** True if `leaves` are those of piece `index` of the document whose verified layer this is, as {@link leafHashes} makes them. */
export function verifyLeaves(layout: PieceLayout, pieceLayer: Uint8Array, index: number, leaves: Uint8Array): boolean {
  if (!isPieceOf(layout, index)) return false;
  const count = Math.ceil(pieceSize(index, layout.size, layout.pieceLength) / LEAF_BLOCK_BYTES);
  if (leaves.length !== count * MERKLE_HASH_BYTES) return false;
  return sameBytes(pieceRoot(leaves, layout), pieceLayer.subarray(index * MERKLE_HASH_BYTES, (index + 1) * MERKLE_HASH_BYTES));
}

function isPieceOf({ size, pieceLength }: PieceLayout, index: number): boolean {
  return index >= 0 && index < pieceCount(size, pieceLength);
}

/** True if `pieceLayer` (32 bytes per piece) is the layer of a document of `size` bytes with this root. */
export function verifyPieceLayer(root: DocumentId, pieceLayer: Uint8Array, size: number, pieceLength: number): boolean {
  if (!isPieceLength(pieceLength) || pieceLayer.length !== pieceCount(size, pieceLength) * MERKLE_HASH_BYTES || size < 1) return false;
  return sameBytes(documentRoot(pieceLayer, pieceLength), Buffer.from(root, 'hex'));
}

/** Hashes are public, so this need not take the same time for all inputs. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
