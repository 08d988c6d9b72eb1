import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { documentId } from '@pageswarm/primitives';
import fc from 'fast-check';
import { DocumentHasher } from './document-hasher.ts';
import { documentRoot, leafHashes, pieceHash, verifyLeaves, verifyPiece, verifyPieceLayer } from './merkle-tree.ts';

const KIB_16 = 16_384;

/** BEP 52 in its plainest words: hash all leaves, fill up with zeros to a power of two, halve until one is left. */
function naiveRoot(bytes: Uint8Array, leastLeaves = 1): string {
  const sha256 = (...parts: Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
  let row: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += KIB_16) row.push(sha256(bytes.subarray(offset, offset + KIB_16)));
  let width = leastLeaves;
  while (width < row.length) width *= 2;
  while (row.length < width) row.push(new Uint8Array(32));
  while (row.length > 1) row = row.flatMap((node, index) => (index % 2 === 0 ? [sha256(node, row[index + 1] as Uint8Array)] : []));
  return Buffer.from(row[0] as Uint8Array).toString('hex');
}

/** Bytes that look random and follow from the seed. */
function documentOf(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let offset = 0, block = 0; offset < size; offset += 64, block++)
    bytes.set(
      createHash('sha512')
        .update(`${seed}:${block}`)
        .digest()
        .subarray(0, size - offset),
      offset,
    );
  return bytes;
}

const sizes = fc.oneof(
  fc.integer({ min: 1, max: 20 * KIB_16 }),
  fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: -1, max: 1 })).map(([leaves, off]) => leaves * KIB_16 + off),
);
const largest = documentOf(20 * KIB_16 + 1);
const pieceLengths = fc.constantFrom(KIB_16, 2 * KIB_16, 4 * KIB_16, 16 * KIB_16, 64 * KIB_16);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the Merkle tree of BEP 52', () => {
  it('gives a document one root, whatever its piece length', () => {
    fc.assert(
      fc.property(sizes, pieceLengths, (size, pieceLength) => {
        const bytes = largest.slice(0, size);
        const { root, pieceLayer } = new DocumentHasher(size, pieceLength).update(bytes).finish();
        expect(root).toBe(naiveRoot(bytes));
        expect(hex(documentRoot(pieceLayer, pieceLength))).toBe(root);
        expect(verifyPieceLayer(root, pieceLayer, size, pieceLength)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gives each piece the root of its own subtree', () => {
    const bytes = documentOf(9 * KIB_16 + 5);
    expect(hex(pieceHash(bytes.subarray(0, 4 * KIB_16), 4 * KIB_16))).toBe(naiveRoot(bytes.subarray(0, 4 * KIB_16), 4));
    expect(hex(pieceHash(bytes.subarray(8 * KIB_16), 4 * KIB_16))).toBe(naiveRoot(bytes.subarray(8 * KIB_16), 4));
    expect(hex(pieceHash(bytes.subarray(0, 100), KIB_16))).toBe(hex(createHash('sha256').update(bytes.subarray(0, 100)).digest()));
  });

  it('knows every piece of a document and no other bytes', () => {
    fc.assert(
      fc.property(sizes, pieceLengths, fc.nat(), (size, pieceLength, pick) => {
        const bytes = largest.slice(0, size);
        const layout = { size, pieceLength };
        const { pieceLayer } = new DocumentHasher(size, pieceLength).update(bytes).finish();
        const pieces = Math.ceil(size / pieceLength);
        const index = pick % pieces;
        const piece = bytes.slice(index * pieceLength, (index + 1) * pieceLength);
        expect(verifyPiece(layout, pieceLayer, index, piece)).toBe(true);
        expect(verifyPiece(layout, pieceLayer, index + 1, piece)).toBe(false);
        expect(verifyPiece(layout, pieceLayer, -1, piece)).toBe(false);
        expect(verifyPiece(layout, pieceLayer, index, piece.subarray(1))).toBe(false);
        const leaves = leafHashes(piece);
        expect(verifyLeaves(layout, pieceLayer, index, leaves)).toBe(true);
        expect(verifyLeaves(layout, pieceLayer, index + 1, leaves)).toBe(false);
        expect(verifyLeaves(layout, pieceLayer, -1, leaves)).toBe(false);
        expect(verifyLeaves(layout, pieceLayer, index, leaves.subarray(32))).toBe(false);
        leaves[pick % leaves.length] = (leaves[pick % leaves.length] as number) ^ 1;
        expect(verifyLeaves(layout, pieceLayer, index, leaves)).toBe(false);
        piece[pick % piece.length] = (piece[pick % piece.length] as number) ^ 1;
        expect(verifyPiece(layout, pieceLayer, index, piece)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a layer of the wrong length, of another document, or of a piece length that is none', () => {
    const size = 5 * KIB_16;
    const { root, pieceLayer } = new DocumentHasher(size).update(documentOf(size)).finish();
    const other = new DocumentHasher(size).update(documentOf(size, 2)).finish();
    expect(verifyPieceLayer(root, pieceLayer, size, KIB_16)).toBe(true);
    expect(verifyPieceLayer(other.root, pieceLayer, size, KIB_16)).toBe(false);
    expect(verifyPieceLayer(root, pieceLayer.subarray(32), size, KIB_16)).toBe(false);
    expect(verifyPieceLayer(root, pieceLayer, size, 2 * KIB_16)).toBe(false);
    for (const pieceLength of [0, -1, 8192, 20_000, Number.NaN, Number.POSITIVE_INFINITY])
      expect(verifyPieceLayer(root, pieceLayer, size, pieceLength)).toBe(false);
    expect(verifyPieceLayer(documentId('0'.repeat(64)), new Uint8Array(0), 0, KIB_16)).toBe(false);
  });
});
