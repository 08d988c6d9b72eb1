import { describe, expect, it } from '@jest/globals';
import { type AnnouncedDocument, MAX_ANNOUNCE_DOCUMENTS } from '@pageswarm/contracts';
import { batches, MAX_ANNOUNCE_BYTES } from './tracker-session.ts';

const document = (name: string): AnnouncedDocument => ({ name }) as AnnouncedDocument;

describe('announce batches', () => {
  it('cut by count', () => {
    const sizes = [...batches(Array.from({ length: 70 }, () => document('x')))].map((batch) => batch.length);
    expect(sizes).toEqual([MAX_ANNOUNCE_DOCUMENTS, MAX_ANNOUNCE_DOCUMENTS, 6]);
  });

  it('cut by bytes, and a document that is too large goes alone', () => {
    const big = document('x'.repeat(MAX_ANNOUNCE_BYTES));
    expect([...batches([document('a'), big, document('b'), document('c')])].map((batch) => batch.length)).toEqual([1, 1, 2]);
  });

  it('of nothing are none', () => {
    expect([...batches([])]).toEqual([]);
  });
});
