import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alignmentDistance } from './alignment-distance.sample.ts';
import { isWithinOneTypingError } from './typing-error.ts';

function isForgiven(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(`xx${a}`), Buffer.from(b)];
  return isWithinOneTypingError(left, 2, left.length, right, 0, right.length);
}

/** Letters of one to four bytes, some of which begin or end alike. */
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'è', '学', '子', '𝔸', '𝔹'), maxLength: 7 });

describe('a typing error', () => {
  it.each([
    ['quantum', 'quantum'],
    ['quantum', 'qantum'],
    ['quantum', 'quanttum'],
    ['quantum', 'quamtum'],
    ['quantum', 'qauntum'],
    ['quantum', 'quantumm'],
    ['физика', 'фзиика'],
  ])('forgives %s for %s', (a, b) => {
    expect(isForgiven(a, b)).toBe(true);
  });

  it.each([
    ['quantum', 'qntum'],
    ['quantum', 'uqantmu'],
    ['abc', 'cab'],
  ])('does not forgive %s for %s', (a, b) => {
    expect(isForgiven(a, b)).toBe(false);
  });

  it('is what the alignment distance of characters says', () => {
    fc.assert(
      fc.property(word, word, (a, b) => isForgiven(a, b) === alignmentDistance(a, b) <= 1),
      { numRuns: 500 },
    );
  });
});
