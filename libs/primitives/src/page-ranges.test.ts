import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { indexesOf, toIndexRanges } from './index-ranges.ts';
import { formatPageRanges, MAX_PAGE_RANGES_LENGTH, parsePageRanges } from './page-ranges.ts';

const PAGES = 200;
const page = fc.integer({ min: 1, max: PAGES });
const invalidPages = expect.objectContaining({ code: 'INVALID_PAGES' });

describe('page ranges', () => {
  it('come back from what was written', () => {
    fc.assert(
      fc.property(fc.array(page, { minLength: 1, maxLength: 40 }), (pages) => {
        const ranges = toIndexRanges(pages);
        expect(parsePageRanges(formatPageRanges(ranges), PAGES)).toEqual(ranges);
      }),
    );
  });

  it('may overlap, repeat and come in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(page, page), { minLength: 1, maxLength: 20 }), (pairs) => {
        const runs = pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
        const naive = new Set(runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, step) => first + step)));
        const parsed = parsePageRanges(runs.map(([first, last]) => `${first}-${last}`).join(','), PAGES);
        expect([...indexesOf(parsed)]).toEqual([...naive].sort((a, b) => a - b));
        expect(parsed).toEqual(toIndexRanges(naive));
      }),
    );
  });

  it.each([
    ['3', [[3, 1]]],
    ['3-7', [[3, 5]]],
    [
      '1,3-7',
      [
        [1, 1],
        [3, 5],
      ],
    ],
    ['8-', [[8, 3]]],
    [' 2 - 4 , 5 ', [[2, 4]]],
    ['10,10,9', [[9, 2]]],
  ])('reads "%s"', (text, ranges) => {
    expect(parsePageRanges(text, 10)).toEqual(ranges);
  });

  it.each(['', ' ', ',', '1,', 'a', '-3', '0', '0-3', '7-3', '11', '1-11', '11-', '1--2', '1.5', '1e1', '+1', '1234567890', '٣'])(
    'refuses "%s" of a document of 10 pages',
    (text) => {
      expect(() => parsePageRanges(text, 10)).toThrow(invalidPages);
    },
  );

  it('refuses text that is longer than the limit', () => {
    const pages = '1,'.repeat(MAX_PAGE_RANGES_LENGTH / 2);
    expect(parsePageRanges(`${pages.slice(0, -2)}1`, 1)).toEqual([[1, 1]]);
    expect(() => parsePageRanges(`${pages}1`, 1)).toThrow('at most 4096 characters');
  });

  it('are read in no time, also when somebody names all pages of a long document a thousand times', () => {
    const started = performance.now();
    const everything = '1-,'.repeat(1_365).slice(0, -1);
    expect(parsePageRanges(everything, 100_000)).toEqual([[1, 100_000]]);
    expect(performance.now() - started).toBeLessThan(250);
  });
});
