import { describe, expect, it } from '@jest/globals';
import { buildPageMap, linearPageMap, type PageMap } from '@pageswarm/page-map';
import { MemoryByteSource } from '@pageswarm/primitives';
import { noisePdf } from '@pageswarm/testing';
import { optimalPageShare, pageShare } from './page-share.ts';
import { atLeast, atMost } from './target.ts';

const PIECE = 16_384;

describe('the share of a document that a page needs', () => {
  it('counts the pieces of the structure and of the closure once, and the last piece as short as it is', () => {
    const empty = linearPageMap({ size: 9.5 * PIECE, pieceLength: PIECE, pageCount: 2, reason: 'test' });
    const map: PageMap = { ...empty, mapped: true, structure: [[0, 1]], closures: [[[0, 2]], [[8, 2]]] };
    expect(pageShare(map)).toBeCloseTo((100 * ((2 + 2.5) / 2)) / 9.5, 6);
  });

  it('is compared with the pieces that the view of a page really reads', async () => {
    const bytes = noisePdf({ pages: 20, pageBytes: 40_000, seed: 7 });
    const source = new MemoryByteSource(bytes);
    const map = await buildPageMap(source, { pieceLength: PIECE });
    expect(await optimalPageShare(source, map)).toBeCloseTo(pageShare(map), 6);
    const greedy = { ...map, structure: [[0, 20]] as const };
    expect(await optimalPageShare(source, greedy)).toBeLessThan(pageShare(greedy) / 2);
  });

  it('is a slice for each page of an unknown structure', () => {
    expect(pageShare(linearPageMap({ size: 400 * PIECE, pieceLength: PIECE, pageCount: 400, reason: 'test' }))).toBeCloseTo(0.25, 6);
  });
});

describe('a target', () => {
  it('is met at the figure itself and missed beyond it', () => {
    expect([atMost(2, 2, 'x'), atMost(2.1, 2, 'x')]).toEqual(['target <= 2 x: met', 'target <= 2 x: MISSED']);
    expect([atLeast(50, 50, 'MB/s'), atLeast(Number.NaN, 50, 'MB/s')]).toEqual(['target >= 50 MB/s: met', 'target >= 50 MB/s: MISSED']);
  });
});
