import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_WORD_LENGTH, wordsOf } from './fold.ts';
import { WordSplitter } from './word-splitter.ts';

/** The different words in the order of their coming; undefined if the splitter leaves the text to others. */
function split(text: string): string[] | undefined {
  const splitter = new WordSplitter();
  const words: string[] = [];
  const bytes = Buffer.from(`<${text}>`);
  const isWhole = splitter.split(
    bytes,
    1,
    bytes.length - 1,
    (length) => void words.push(Buffer.from(splitter.word.subarray(0, length)).toString()),
  );
  return isWhole ? [...new Set(words)] : undefined;
}

const SHORT_LETTERS = Array.from({ length: 0x800 }, (_, letter) => String.fromCharCode(letter));

describe('splitting names as bytes', () => {
  it('finds what splitting texts finds, with every letter of one or two bytes anywhere', () => {
    for (const letter of SHORT_LETTERS)
      for (const text of [
        letter,
        `a${letter}`,
        `${letter}a`,
        `a${letter}b`,
        `é${letter}\u0301σ${letter}`,
        `${letter.repeat(MAX_WORD_LENGTH + 2)}b`,
      ])
        expect([text, split(text)]).toEqual([text, wordsOf(text)]);
  });

  it('does so with any of them beside each other', () => {
    const letter = fc.oneof(
      fc.constantFrom('a', 'B', 'Σ', 'ς', 'ß', 'İ', 'ǅ', 'é', ' ', '_', '.', '\u0301', '\u0345', '¨', 'Ⱥ'),
      fc.constantFrom(...SHORT_LETTERS),
    );
    fc.assert(fc.property(fc.string({ unit: letter, maxLength: 90, size: 'max' }), (text) => expect(split(text)).toEqual(wordsOf(text))));
  });

  it('leaves texts with longer letters to others', () => {
    for (const text of ['物', 'a 物', '𝔸b', 'ﬁ', '한글']) expect(split(text)).toBeUndefined();
    expect(split('')).toEqual([]);
  });
});
