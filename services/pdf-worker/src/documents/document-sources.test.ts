import { afterEach, describe, expect, it } from '@jest/globals';
import { PEER_PATTERNS } from '@pageswarm/contracts';
import { documentId, PageSwarmError, pieceSize } from '@pageswarm/primitives';
import { DocumentSources, MAX_RESTING_DOCUMENTS } from './document-sources.ts';
import type { BytesClient } from './peer-pieces.ts';

const SIZE = 40_000;
const PIECE_LENGTH = 16_384;

describe('the documents that are read', () => {
  const asked: string[] = [];
  let mapIsThere = true;
  const pageMap = (host: string) => {
    asked.push(`${host} map`);
    if (!mapIsThere) throw new PageSwarmError('CONNECTION_LOST', 'gone');
    async function* body() {
      yield new Uint8Array(3);
    }
    return { head: { bytes: 3 }, body: body() };
  };
  const sources = new DocumentSources(({ host }) => {
    const bytes = async (pattern: unknown, { pieces }: { pieces: [number, number][] }) => {
      if (pattern === PEER_PATTERNS.pageMap) return pageMap(host);
      const [first] = pieces[0] as [number, number];
      asked.push(`${host} ${first}`);
      async function* body() {
        yield new Uint8Array(pieceSize(first, SIZE, PIECE_LENGTH));
      }
      return { head: { pieces }, body: body(), cancel: () => undefined };
    };
    return { bytes } as unknown as BytesClient;
  });
  const open = (host: string, digit = 'a') =>
    sources.open({ id: documentId(digit.repeat(64)), size: SIZE, pieceLength: PIECE_LENGTH, peer: { host, port: 1 } });

  afterEach(() => {
    sources.close();
    asked.length = 0;
  });

  it('share their pieces between the jobs of a peer, also a moment later', async () => {
    const first = open('one');
    await first.reader().read(0, 10);
    await first.reader().read(10, 10);
    first.close();
    const second = open('one');
    await second.reader().read(5, 10);
    expect(asked).toEqual(['one 0']);
    expect(sources.cachedBytes).toBe(PIECE_LENGTH);
  });

  it('never serve one peer with the pieces of another', async () => {
    await open('one').reader().read(0, 10);
    await open('two').reader().read(0, 10);
    expect(asked).toEqual(['one 0', 'two 0']);
  });

  it('rest in a bounded number, the last read ones', async () => {
    for (const digit of ['0', '1', '2', '3', '4', '5']) {
      const document = open('one', digit);
      await document.reader().read(0, 1);
      document.close();
      document.close();
    }
    expect(sources.size).toBe(MAX_RESTING_DOCUMENTS);
    await open('one', '5').reader().read(0, 1);
    expect(asked.length).toBe(6);
    await open('one', '0').reader().read(0, 1);
    expect(asked.length).toBe(7);
  });

  it('get the page map once, and again when it did not come', async () => {
    const { signal } = new AbortController();
    mapIsThere = false;
    expect(await open('one').publishedMap(signal)).toBeUndefined();
    mapIsThere = true;
    const map = { bytes: Buffer.from([0, 0, 0]), pieceLength: PIECE_LENGTH };
    expect(await open('one').publishedMap(signal)).toEqual(map);
    expect(await open('one').publishedMap(signal)).toEqual(map);
    expect(asked).toEqual(['one map', 'one map']);
  });

  it('stay while one of several readers reads', async () => {
    const first = open('one');
    const second = open('one');
    first.close();
    expect(await second.reader().read(0, 4)).toEqual(new Uint8Array(4));
  });
});
