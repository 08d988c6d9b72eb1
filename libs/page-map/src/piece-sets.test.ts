import { describe, expect, it } from '@jest/globals';
import { indexesOf, toIndexRanges } from '@pageswarm/primitives';
import fc from 'fast-check';
import { boundariesOf, coarsened, rangesOf, symmetricDifference, withoutRanges } from './piece-sets.ts';

const anySet = fc.uniqueArray(fc.nat(60), { maxLength: 40, size: 'max' });

describe('sets of pieces as ranges', () => {
  it('subtract as sets do', () => {
    fc.assert(
      fc.property(anySet, anySet, (left, right) => {
        const expected = toIndexRanges(left.filter((index) => !right.includes(index)));
        expect(withoutRanges(toIndexRanges(left), toIndexRanges(right))).toEqual(expected);
      }),
    );
  });

  it('differ as sets do, and the same difference twice gives the set back', () => {
    fc.assert(
      fc.property(anySet, anySet, (left, right) => {
        const [a, b] = [boundariesOf(toIndexRanges(left)), boundariesOf(toIndexRanges(right))];
        const difference = symmetricDifference(a, b);
        const expected = [...left.filter((index) => !right.includes(index)), ...right.filter((index) => !left.includes(index))];
        expect(rangesOf(difference)).toEqual(toIndexRanges(expected));
        expect(symmetricDifference(difference, b)).toEqual(a);
      }),
    );
  });

  it('get coarser by filling their smallest gaps', () => {
    expect(
      coarsened(
        [
          [0, 1],
          [2, 1],
          [9, 1],
          [12, 3],
        ],
        2,
      ),
    ).toEqual([
      [0, 3],
      [9, 6],
    ]);
    expect(
      coarsened(
        [
          [0, 1],
          [2, 1],
          [9, 1],
        ],
        1,
      ),
    ).toEqual([[0, 10]]);
    expect(
      coarsened(
        [
          [0, 1],
          [2, 1],
        ],
        2,
      ),
    ).toEqual([
      [0, 1],
      [2, 1],
    ]);
    fc.assert(
      fc.property(anySet, fc.integer({ min: 1, max: 10 }), (set, maxRanges) => {
        const coarse = coarsened(toIndexRanges(set), maxRanges);
        expect(coarse.length).toBeLessThanOrEqual(maxRanges);
        const all = new Set(indexesOf(coarse));
        expect(set.every((index) => all.has(index))).toBe(true);
      }),
    );
  });
});
