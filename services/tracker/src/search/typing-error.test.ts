import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { areSignaturesClose, isWithinOneTypingError, letterSignature } from './typing-error.ts';

/** Optimal string alignment by its textbook table, as the naive twin. */
function alignmentDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  const at = (i: number, j: number) => rows[i]?.[j] as number;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, at(i - 2, j - 2) + 1);
      (rows[i] as number[])[j] = best;
    }
  return at(a.length, b.length);
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });

describe('a typing error', () => {
  it.each([
    ['quantum', 'quantum'],
    ['quantum', 'qantum'],
    ['quantum', 'quanttum'],
    ['quantum', 'quamtum'],
    ['quantum', 'qauntum'],
    ['quantum', 'quantumm'],
  ])('forgives %s for %s', (a, b) => {
    expect(isWithinOneTypingError(a, b)).toBe(true);
  });

  it.each([
    ['quantum', 'qntum'],
    ['quantum', 'uqantmu'],
    ['abc', 'cab'],
  ])('does not forgive %s for %s', (a, b) => {
    expect(isWithinOneTypingError(a, b)).toBe(false);
  });

  it('is what the alignment distance says', () => {
    fc.assert(fc.property(word, word, (a, b) => isWithinOneTypingError(a, b) === alignmentDistance(a, b) <= 1));
  });

  it('never rules out by signature what the distance allows', () => {
    fc.assert(
      fc.property(word, word, (a, b) => !isWithinOneTypingError(a, b) || areSignaturesClose(letterSignature(a), letterSignature(b))),
    );
  });

  it('rules out words of other letters by signature', () => {
    expect(areSignaturesClose(letterSignature('quantum'), letterSignature('history'))).toBe(false);
  });
});
