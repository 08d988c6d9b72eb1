import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareHeads, compareNameBytes, compareTexts, MAX_NAME_KEY_LENGTH, nameBytes, nameHead, nameKey } from './name-order.ts';

const letters = fc.constantFrom('a', 'A', 'b', 'Z', '[', '_', ' ', 'é', 'e\u0301', '\u0301', 'ﬁ', '学', 'ß', 'Σ', 'ς');
const name = fc.oneof(
  fc.string({ unit: letters, maxLength: 5 }),
  fc.string({ unit: fc.constantFrom('a', 'B'), minLength: 94, maxLength: 99 }),
);

describe('the order of names', () => {
  it('is that of their keys, wherever bytes alone decide it', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const byBytes = compareNameBytes(nameBytes(a), 0, nameBytes(b), 0);
        if (byBytes !== undefined) expect(Math.sign(byBytes)).toBe(compareTexts(nameKey(a), nameKey(b)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is that of their keys, wherever heads alone decide it', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        const byHeads = compareHeads(nameHead(nameBytes(a), 0), nameHead(nameBytes(b), 0));
        if (byHeads !== undefined) expect(Math.sign(byHeads)).toBe(compareTexts(nameKey(a), nameKey(b)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['abcd', 'abce', -1],
    ['Ábc', 'abd', -1],
    ['ab', 'abc', -1],
    ['', 'a', -1],
    ['abcde', 'abcdf', undefined],
    ['学a', 'a', undefined],
  ])('of %j and %j is decided by heads: %s', (a, b, expected) => {
    const order = compareHeads(nameHead(nameBytes(a), 0), nameHead(nameBytes(b), 0));
    expect(order && Math.sign(order)).toBe(expected);
  });

  it.each([
    ['Ab', 'aB', 0],
    ['a', 'ab', -1],
    ['Éa', 'eb', -1],
    ['e\u0301z', 'éa', 1],
    ['ção', 'cao', 0],
    ['½', 'a', undefined],
    ['学', 'a', undefined],
  ])('of %s and %s is decided by bytes: %s', (a, b, expected) => {
    const order = compareNameBytes(nameBytes(a), 0, nameBytes(b), 0);
    expect(order && Math.sign(order)).toBe(expected);
  });

  it('goes by the beginning of a name only', () => {
    const long = 'x'.repeat(MAX_NAME_KEY_LENGTH);
    expect(compareNameBytes(nameBytes(`${long}a`), 0, nameBytes(`${long}b`), 0)).toBe(0);
    expect(nameKey(`${long}a`)).toBe(long);
  });
});
