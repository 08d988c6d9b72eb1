import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DocumentMarks } from './document-marks.ts';
import { MAX_QUERY_WORDS } from './fold.ts';

describe('marks of documents', () => {
  it('tell the worst of the best answers to each word, as comparing all of them does, in one query after the other', () => {
    const answers = fc.uniqueArray(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 4 })), { maxLength: 30 });
    const queries = fc.array(fc.array(answers, { minLength: 1, maxLength: MAX_QUERY_WORDS - 1 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(queries, fc.integer({ min: 0, max: 3_000 }), (all, base) => {
        const marks = new DocumentMarks();
        for (const words of all) {
          marks.begin(base + 10);
          for (const word of words) {
            marks.nextWord();
            for (const [slot, tier] of word.toSorted(([, a], [, b]) => a - b)) marks.mark(base + slot, tier);
          }
          for (let slot = 0; slot < 10; slot++) {
            const best = words.map((word) => Math.min(9, ...word.filter(([of]) => of === slot).map(([, tier]) => tier)));
            expect(marks.worstOf(base + slot)).toBe(best.includes(9) ? 0 : Math.max(...best));
          }
        }
      }),
    );
  });
});
