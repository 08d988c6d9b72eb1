import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { countWords } from './count-words.ts';

const unitsOf = (text: string) => Uint16Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));

describe('the count of words', () => {
  it.each([
    ['', 0],
    [' \r\n\t', 0],
    ['word', 1],
    ['  two\u00a0words\r\n', 2],
    ['naïve – café', 3],
    ['日本語　二語', 2],
  ])('of %j is %i', (text, words) => {
    expect(countWords(unitsOf(text))).toBe(words);
  });

  it('agrees with splitting at white space, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x20, 0x0a, 0xa0, 0x3000, 0xfeff))), (units) => {
        const text = units.map((unit) => String.fromCharCode(unit)).join('');
        expect(countWords(Uint16Array.from(units))).toBe(text.split(/\s+/u).filter((word) => word !== '').length);
      }),
    );
  });
});
