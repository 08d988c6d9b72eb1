import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { choosePieceLength, LEAF_BLOCK_BYTES, MAX_PIECES, pieceCount, pieceSize, piecesOfBytes } from './pieces.ts';

const size = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 20 }),
  fc.maxSafeNat().filter((bytes) => bytes > 0),
);

describe('pieces', () => {
  it('are at most 8,192 at every size, of the smallest power of two that does it', () => {
    fc.assert(
      fc.property(size, (bytes) => {
        const length = choosePieceLength(bytes);
        expect(Number.isInteger(Math.log2(length))).toBe(true);
        expect(length).toBeGreaterThanOrEqual(LEAF_BLOCK_BYTES);
        expect(pieceCount(bytes, length)).toBeLessThanOrEqual(MAX_PIECES);
        if (length > LEAF_BLOCK_BYTES) expect(pieceCount(bytes, length / 2)).toBeGreaterThan(MAX_PIECES);
      }),
    );
  });

  it.each([
    [1, 16_384],
    [16_384 * 8_192, 16_384],
    [16_384 * 8_192 + 1, 32_768],
    [2 ** 30, 131_072],
    [2 ** 39, 67_108_864],
  ])('of %d bytes are %d bytes long', (bytes, length) => {
    expect(choosePieceLength(bytes)).toBe(length);
  });

  it('cover the document exactly: all of one length, the last of what is left', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (bytes) => {
        const length = choosePieceLength(bytes);
        const count = pieceCount(bytes, length);
        const sizes = Array.from({ length: count }, (_, piece) => pieceSize(piece, bytes, length));
        expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(bytes);
        expect(sizes.slice(0, -1).every((one) => one === length)).toBe(true);
        expect(sizes.at(-1)).toBeGreaterThan(0);
      }),
      { numRuns: 50 },
    );
  });

  it('of some bytes are those that a byte of them lies in, and no others', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 16, 64), (offset, length, pieceLength) => {
        const touched = new Set(Array.from({ length }, (_, step) => Math.floor((offset + step) / pieceLength)));
        const [first, count] = piecesOfBytes(offset, length, pieceLength);
        expect(Array.from({ length: count }, (_, step) => first + step)).toEqual([...touched]);
      }),
    );
  });

  it('of no bytes are none', () => {
    expect(piecesOfBytes(100, 0, 16)).toEqual([6, 0]);
    expect(piecesOfBytes(0, -5, 16)).toEqual([0, 0]);
  });
});
