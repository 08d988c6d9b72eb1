import { describe, expect, it } from '@jest/globals';
import { Bitfield, documentId, type IndexRange, LEAF_BLOCK_BYTES } from '@pageswarm/primitives';
import fc from 'fast-check';
import { PageReadiness } from './page-readiness.ts';
import { PieceOrder } from './piece-order.ts';

function readiness(owners: number[], closures?: IndexRange[][], structure?: IndexRange[], wantedPieces?: Bitfield) {
  const stored = new Bitfield(owners.length);
  const spec = {
    documentId: documentId('0'.repeat(64)),
    size: owners.length * LEAF_BLOCK_BYTES,
    pieceLength: LEAF_BLOCK_BYTES,
    pageCount: closures?.length ?? Math.max(...owners) + 1,
    pieceOwners: Int32Array.from(owners),
    strategy: 'adaptive' as const,
    ...(closures && { closures }),
    ...(structure && { structure }),
    ...(wantedPieces && { wantedPieces }),
  };
  const pages = new PageReadiness(spec, new PieceOrder(spec), stored);
  return {
    pages,
    store: (...pieces: number[]) => {
      for (const piece of pieces) if (stored.set(piece)) pages.pieceStored(piece);
      return [...pages.readyPages()];
    },
  };
}

describe('a page', () => {
  it('is ready when its closure and the structure are stored, whoever owns the pieces', () => {
    const book = readiness([-1, 0, 0, 1, -2], [[[1, 2]], [[2, 2]]]);
    expect(book.store(2, 3)).toEqual([]);
    expect(book.store(0)).toEqual([1]);
    expect(book.pages.ready).toBe(1);
    expect(book.store(1)).toEqual([0, 1]);
    expect([...book.pages.missingPages()]).toEqual([]);
  });

  it('waits for all pieces that structure bytes touch, not only for those that the structure owns', () => {
    const book = readiness([-1, 0], [[]], [[0, 2]]);
    expect(book.store(0)).toEqual([]);
    expect(book.store(1)).toEqual([0]);
  });

  it('needs what it owns when there are no closures; one that owns nothing lies where the page before ends', () => {
    const book = readiness([0, 0, 2]);
    expect(book.pages.total).toBe(3);
    expect(book.store(1)).toEqual([1]);
    expect(book.store(0)).toEqual([0, 1]);
    expect(book.store(2)).toEqual([0, 1, 2]);
  });

  it('does not count when its pieces are not wanted', () => {
    const book = readiness([0, 1], [[[0, 1]], [[1, 1]]], [], Bitfield.fromRanges([[1, 1]], 2));
    expect(book.pages.total).toBe(1);
    expect(book.store(0, 1)).toEqual([1]);
  });

  it('is ready exactly when all of its pieces are there, in any order of storing', () => {
    const ranges = fc.array(fc.tuple(fc.nat(14), fc.integer({ min: 0, max: 4 })), { maxLength: 4 });
    const order = fc.shuffledSubarray(
      Array.from({ length: 15 }, (_, i) => i),
      { minLength: 15 },
    );
    fc.assert(
      fc.property(fc.array(ranges, { minLength: 1, maxLength: 6 }), order, (closures, pieces) => {
        const book = readiness(new Array<number>(15).fill(-2), closures, [[0, 1]]);
        const stored = new Set<number>();
        for (const piece of pieces) {
          stored.add(piece);
          const expected = closures.flatMap((closure, page) =>
            stored.has(0) &&
            closure.every(([first, count]) => Array.from({ length: count }, (_, i) => first + i).every((p) => p > 14 || stored.has(p)))
              ? [page]
              : [],
          );
          expect(book.store(piece)).toEqual(expected);
        }
      }),
    );
  });
});

describe('the order of pieces', () => {
  it('is structure, pages, rest, each in file order', () => {
    const order = new PieceOrder({ pieceOwners: Int32Array.of(1, -2, 0, -1, 1, 0, -1), pageCount: 2 });
    expect([...order.pieces]).toEqual([3, 6, 2, 5, 0, 4, 1]);
    expect([[...order.structure()], [...order.ofPage(0)], [...order.ofPage(1)], [...order.rest()]]).toEqual([[3, 6], [2, 5], [0, 4], [1]]);
    expect(order.sorted([0, 1, 2, 3])).toEqual([3, 2, 0, 1]);
  });
});
