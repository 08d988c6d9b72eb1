import { describe, expect, it, jest } from '@jest/globals';
import { Bitfield, type DocumentId, type IndexRange } from '@pageswarm/primitives';
import { NEVER } from 'rxjs';
import { HaveFeed } from '../library/have-feed.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { DocumentReader, MAX_NAMED_HOLDERS, PREFETCH_MS } from './document-reader.ts';
import { piecesAround } from './page-selection.ts';

/** A document of ten pieces of which the first five are here, and a download of it, if `downloads` says so. */
function stage({ downloads, holders }: { downloads: boolean; holders: readonly string[] }) {
  const have = Bitfield.fromRanges([[0, 5]], 10);
  const feed = new HaveFeed();
  const document = { id: 'd0', record: { name: 'book.pdf', pieceLength: 16_384 }, have, feed } as unknown as LocalDocument;
  const demanded: (readonly IndexRange[])[] = [];
  let released = 0;
  const reader = new DocumentReader(
    { get: () => document, find: () => document, changes: NEVER },
    {
      demand: (_, pieces) => {
        demanded.push(pieces);
        return downloads ? () => void released++ : undefined;
      },
      lastHolders: () => holders.map((address) => ({ address })),
      expected: () => undefined as DocumentId | undefined,
    },
  );
  const arrive = (piece: number) => {
    have.set(piece);
    feed.stored(piece);
  };
  return { reader, document, demanded, arrive, released: () => released };
}

const detailOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => `${error.code}: ${error.detail}`,
  );

describe('reading what is not all here', () => {
  it('names who had the missing pieces last, and how to wait longer', async () => {
    const { reader, document, demanded, released } = stage({ downloads: true, holders: ['10.0.0.1:7185'] });
    const detail = await detailOf(reader.available(document, [[4, 3]], { timeoutMs: 20 }));
    expect(detail).toBe(
      'PAGE_NOT_AVAILABLE: 2 pieces (5-6) of "book.pdf" are not here; last seen at 10.0.0.1:7185; they did not come within 20 ms; ?timeout= waits longer, in milliseconds, while the download looks for a host',
    );
    expect([demanded, released()]).toEqual([[[[5, 2]]], 1]);
  });

  it('says that a download must be started where none runs', async () => {
    const { reader, document } = stage({ downloads: false, holders: [] });
    const detail = await detailOf(reader.available(document, [[9, 1]], { timeoutMs: 60_000 }));
    expect(detail).toContain('start or resume one');
    expect(detail).not.toContain('last seen');
  });

  it('names a few of many hosts', async () => {
    const holders = Array.from({ length: MAX_NAMED_HOLDERS + 3 }, (_, host) => `10.0.0.${host}:7185`);
    const { reader, document } = stage({ downloads: true, holders });
    const detail = await detailOf(reader.available(document, [[9, 1]], { timeoutMs: 0 }));
    expect(detail).toContain('10.0.0.4:7185 and 3 others;');
    expect(detail).not.toContain('10.0.0.5:7185');
  });

  it('goes on once the pieces come, and stops with a reader that goes away', async () => {
    const { reader, document, arrive, released } = stage({ downloads: true, holders: [] });
    const waiting = reader.available(document, [[5, 1]], { timeoutMs: 60_000 });
    arrive(5);
    await waiting;
    const leaving = new AbortController();
    const left = detailOf(reader.available(document, [[6, 1]], { timeoutMs: 60_000, signal: leaving.signal }));
    leaving.abort();
    expect(await left).toContain('CANCELLED');
    expect(released()).toBe(2);
  });

  it('raises what the neighbours need until it has come, or until another page is read', () => {
    const { reader, document, demanded, arrive, released } = stage({ downloads: true, holders: [] });
    reader.prefetch(document, [[4, 3]]);
    expect([demanded, released()]).toEqual([[[[5, 2]]], 0]);
    arrive(5);
    expect(released()).toBe(0);
    arrive(6);
    expect(released()).toBe(1);
    reader.prefetch(document, [[7, 1]]);
    reader.prefetch(document, [[8, 1]]);
    expect([demanded.length, released()]).toEqual([3, 2]);
    reader.prefetch(document, [[0, 5]]);
    expect([demanded.length, released()]).toEqual([3, 3]);
  });

  it('gives neighbours up that do not come', () => {
    jest.useFakeTimers();
    try {
      const { reader, document, released } = stage({ downloads: true, holders: [] });
      reader.prefetch(document, [[9, 1]]);
      jest.advanceTimersByTime(PREFETCH_MS - 1);
      expect(released()).toBe(0);
      jest.advanceTimersByTime(1);
      expect(released()).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('the neighbours of pages', () => {
  const closures: IndexRange[][] = [[[1, 1]], [[2, 1]], [[3, 1]], [[4, 1]], [[5, 1]]];
  const pageMap = { mapped: true, pageCount: 5, structure: [[0, 1]], closures } as unknown as LocalDocument['pageMap'];
  const around = (pages: readonly number[]) => piecesAround({ pageMap } as LocalDocument, pages).map(([piece]) => piece);

  it('are two ahead, then one back, with the structure, within the document', () => {
    expect([around([2]), around([1]), around([5]), around([2, 3])]).toEqual([
      [0, 3, 4, 1],
      [0, 2, 3],
      [0, 4],
      [0, 4, 5, 1],
    ]);
    const linear = { pageMap: { ...pageMap, mapped: false } } as LocalDocument;
    expect(piecesAround(linear, [2])).toEqual([]);
  });
});
