import { describe, expect, it } from '@jest/globals';
import { linearPageMap, type PageMap } from '@pageswarm/page-map';
import { pageShare } from './page-share.ts';

const PIECE = 16_384;

describe('the share of a document that a page needs', () => {
  it('counts the pieces of the structure and of the closure once, and the last piece as short as it is', () => {
    const empty = linearPageMap({ size: 9.5 * PIECE, pieceLength: PIECE, pageCount: 2, reason: 'test' });
    const map: PageMap = { ...empty, mapped: true, structure: [[0, 1]], closures: [[[0, 2]], [[8, 2]]] };
    expect(pageShare(map)).toBeCloseTo((100 * ((2 + 2.5) / 2)) / 9.5, 6);
  });

  it('is a slice for each page of an unknown structure', () => {
    expect(pageShare(linearPageMap({ size: 400 * PIECE, pieceLength: PIECE, pageCount: 400, reason: 'test' }))).toBeCloseTo(0.25, 6);
  });
});
