import { describe, expect, it } from '@jest/globals';
import { MetDocuments } from './met-documents.ts';

describe('documents that a query has met', () => {
  it('are each met once in every query, however many there are', () => {
    const met = new MetDocuments();
    const slots = [0, 31, 32, 999, 1_023, 5_000, 99_999];
    for (const end of [1_024, 100_000, 5_001]) {
      met.begin(end);
      const those = slots.filter((slot) => slot < end);
      expect([...those, ...those].map((slot) => met.meet(slot))).toEqual([...those.map(() => true), ...those.map(() => false)]);
      expect(met.meet(33)).toBe(true);
    }
  });
});
