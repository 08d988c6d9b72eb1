import { describe, expect, it } from '@jest/globals';
import type { Inspection } from '@pageswarm/contracts';
import { UNKNOWN_INSPECTION } from './catalog.sample.ts';
import { mergeInspections } from './inspection.ts';

const read: Inspection = { ...UNKNOWN_INSPECTION, pages: 3, words: [1, 2, 3], extractor: 'pdfium', title: 'A title', mapped: true };

describe('merging inspections', () => {
  it('takes pages, words and map that were unknown', () => {
    const unreadable = { ...UNKNOWN_INSPECTION, mapReason: 'no worker', error: { code: 'WORKER_UNAVAILABLE', detail: 'none' } as const };
    expect(mergeInspections(unreadable, read)).toEqual(read);
  });

  it('keeps what is known', () => {
    const other = { ...read, pages: 9, words: [9], title: 'Another', author: 'Somebody' };
    expect(mergeInspections(read, other)).toEqual({ ...read, author: 'Somebody' });
    expect(mergeInspections(read, UNKNOWN_INSPECTION)).toBe(read);
  });

  it('takes words for the same pages only', () => {
    const counted = { ...read, words: null };
    expect(mergeInspections(counted, read).words).toEqual([1, 2, 3]);
    expect(mergeInspections(counted, { ...read, pages: 2, words: [1, 2] }).words).toBeNull();
  });
});
