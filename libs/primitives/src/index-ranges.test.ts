import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countOf, indexesOf, mergeIndexRanges, toIndexRanges } from './index-ranges.ts';

describe('index ranges', () => {
  it('hold exactly the indexes they were made of, in order and once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (indexes) => {
        const ranges = toIndexRanges(indexes);
        const unique = [...new Set(indexes)].sort((a, b) => a - b);
        expect([...indexesOf(ranges)]).toEqual(unique);
        expect(countOf(ranges)).toBe(unique.length);
      }),
    );
  });

  it('are the fewest runs: between two of them lies a gap', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (indexes) => {
        const ranges = toIndexRanges(indexes);
        ranges.slice(1).forEach(([first], run) => {
          const [before, count] = ranges[run] as readonly [number, number];
          expect(first).toBeGreaterThan(before + count);
        });
        expect(toIndexRanges(indexesOf(ranges))).toEqual(ranges);
      }),
    );
  });

  it('merge into the fewest runs of the same indexes, however they overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(60), fc.nat(20)), { maxLength: 20 }), (ranges) => {
        expect(mergeIndexRanges(ranges)).toEqual(toIndexRanges(indexesOf(ranges)));
      }),
    );
  });

  it('are none of nothing', () => {
    expect(toIndexRanges([])).toEqual([]);
    expect([...indexesOf([])]).toEqual([]);
    expect(countOf([])).toBe(0);
  });
});
