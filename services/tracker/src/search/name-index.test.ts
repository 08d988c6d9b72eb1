import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { wordsOf } from './fold.ts';
import { NameIndex, WHOLE_TEXT_TIER } from './name-index.ts';
import { isWithinOneTypingError } from './typing-error.ts';
import { MIN_TYPO_WORD_LENGTH, Tier } from './vocabulary.ts';

function indexOf(...names: string[]): NameIndex {
  const index = new NameIndex();
  names.forEach((name, slot) => void index.set(slot, [name]));
  return index;
}

function found(index: NameIndex, query: string): number[] {
  return [...index.match(query)].sort(([slotA, a], [slotB, b]) => a - b || slotA - slotB).map(([slot]) => slot);
}

describe('finding documents by name', () => {
  it('takes words in any order, each by a part', () => {
    const index = indexOf('Introdução à Física Quântica.pdf', 'Química orgânica', 'Fisica classica');
    expect(found(index, 'quant fis')).toEqual([0]);
    expect(found(index, 'fisica')).toEqual([0, 2]);
  });

  it('ranks whole name, exact words, prefix, inside a word, typing error', () => {
    const index = indexOf('the from', 'platform', 'formal', 'Form', 'the form');
    const tiers = [...index.match('form')].sort(([, a], [, b]) => a - b);
    expect(tiers).toEqual([
      [3, WHOLE_TEXT_TIER],
      [4, Tier.exact],
      [2, Tier.prefix],
      [1, Tier.substring],
      [0, Tier.typo],
    ]);
  });

  it('counts the word that fits worst', () => {
    expect(indexOf('annual report').match('annual rep').get(0)).toBe(Tier.prefix);
  });

  it('finds by every text of a document', () => {
    const index = new NameIndex();
    index.set(5, ['scan_0001.pdf', 'tax return', 'Declaration of income']);
    expect([found(index, 'scan'), found(index, 'return'), found(index, 'income')]).toEqual([[5], [5], [5]]);
  });

  it('forgets the texts that a document no longer has, and the document that is gone', () => {
    const index = indexOf('old name', 'old book');
    index.set(0, ['new name']);
    expect([found(index, 'old'), found(index, 'new')]).toEqual([[1], [0]]);
    index.delete(0);
    expect(found(index, 'name')).toEqual([]);
  });

  it('gives a slot to another document without mixing the two', () => {
    const index = indexOf('first', 'second');
    index.delete(0);
    index.set(0, ['third']);
    expect([found(index, 'first'), found(index, 'third')]).toEqual([[], [0]]);
    index.set(0, ['first again']);
    expect(found(index, 'first')).toEqual([0]);
  });

  it('finds nothing by a query without words', () => {
    expect(found(indexOf('a', 'b'), ' -- ')).toEqual([]);
  });

  it('finds what reading every name finds, while documents come and go', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
    const steps = fc.array(fc.tuple(fc.nat(12), fc.option(name)), { maxLength: 200 });
    const answers = (text: string, wanted: string) =>
      wordsOf(text).some((one) => one.includes(wanted) || (wanted.length >= MIN_TYPO_WORD_LENGTH && isWithinOneTypingError(one, wanted)));
    fc.assert(
      fc.property(steps, name, (changes, query) => {
        const index = new NameIndex();
        const names = new Map<number, string>();
        for (const [slot, text] of changes) {
          if (text === null) {
            index.delete(slot);
            names.delete(slot);
          } else {
            index.set(slot, [text]);
            names.set(slot, text);
          }
        }
        const expected = [...names].filter(([, text]) => wordsOf(query).every((wanted) => answers(text, wanted))).map(([slot]) => slot);
        expect([...index.match(query).keys()].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      }),
    );
  });
});
