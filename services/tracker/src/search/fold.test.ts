import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldText, MAX_WORD_LENGTH, wordsOf } from './fold.ts';

describe('folding', () => {
  it('drops accents and case, composed or decomposed as macOS writes names', () => {
    expect(foldText('FÍSICA Quântica')).toBe('fisica quantica');
    expect(foldText('Física'.normalize('NFD'))).toBe(foldText('fisica'));
  });

  it('resolves ligatures, ordinals and full-width letters', () => {
    expect(foldText('ﬁnal 1ª ＡＢＣ')).toBe('final 1a abc');
  });

  it('takes the final sigma for an ordinary one', () => {
    expect(foldText('ΛΌΓΟΣ')).toBe(foldText('λογοσ'));
  });

  it('is the same when done twice', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => foldText(foldText(text)) === foldText(text)));
  });
});

describe('words', () => {
  it('takes _ - . and other punctuation for spaces', () => {
    expect(wordsOf('annual_report-2019.final(v2).pdf')).toEqual(['annual', 'report', '2019', 'final', 'v2', 'pdf']);
  });

  it('keeps symbols inside words', () => {
    expect(wordsOf('C++ Primer')).toEqual(['c++', 'primer']);
  });

  it('names each word once, and none in a text of separators', () => {
    expect(wordsOf('to be or not to be')).toEqual(['to', 'be', 'or', 'not']);
    expect(wordsOf(' _-. ')).toEqual([]);
  });

  it('are the same in a text of ASCII letters as beside others', () => {
    const text = fc.string({ unit: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)), maxLength: 30 });
    fc.assert(
      fc.property(text, (ascii) => {
        expect([...wordsOf(ascii), '学']).toEqual(wordsOf(`${ascii} 学`));
      }),
      { numRuns: 500 },
    );
  });

  it('cuts words at the limit', () => {
    expect(wordsOf('a'.repeat(MAX_WORD_LENGTH + 1))).toEqual(['a'.repeat(MAX_WORD_LENGTH)]);
  });
});
