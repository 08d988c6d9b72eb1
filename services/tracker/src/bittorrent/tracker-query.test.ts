import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Announce, EVENT, HASH_BYTES, MAX_NUMWANT } from './announce.ts';
import { MAX_QUERY_LENGTH, MAX_SCRAPE_HASHES, readAnnounce, readScrape } from './tracker-query.ts';

const escaped = (bytes: Uint8Array) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const HASH = escaped(new Uint8Array(20).fill(0xff));
const GOOD = `info_hash=${HASH}&peer_id=-TR4000-123456789012&port=51413&left=0`;

/** Read in the midst of other bytes, as it lies in a connection. */
function read(query: string) {
  const bytes = Buffer.from(`GET /announce?${query} HTTP/1.1`, 'latin1');
  const request = new Announce();
  request.setSender(Buffer.from([10, 0, 0, 1]));
  const refusal = readAnnounce(bytes, 14, bytes.length - 9, request);
  return { refusal: refusal?.reason, request };
}

function scraped(query: string) {
  const bytes = Buffer.from(query, 'latin1');
  const into = Buffer.alloc(MAX_SCRAPE_HASHES * HASH_BYTES);
  const found = readScrape(bytes, 0, bytes.length, into);
  return typeof found === 'number' ? into.toString('hex', 0, found * HASH_BYTES) : found.reason;
}

describe('an announce', () => {
  it('is read', () => {
    const { refusal, request } = read(`${GOOD}&event=started&numwant=7&compact=1`);
    expect([refusal, request.infoHash.toString('hex'), request.peerId.toString()]).toEqual([
      undefined,
      'ff'.repeat(20),
      '-TR4000-123456789012',
    ]);
    expect([request.key.toString('hex', 0, request.width), request.isSeeder, request.event]).toEqual(['0a000001c8d5', true, EVENT.started]);
    expect([request.numwant, request.compact, request.noPeerId]).toEqual([7, true, false]);
  });

  it('keeps nothing of the one before it', () => {
    const bytes = Buffer.from(`${GOOD}&event=stopped&numwant=7&compact=0&no_peer_id=1`);
    const request = new Announce();
    readAnnounce(bytes, 0, bytes.length, request);
    expect([request.isSeeder, request.event, request.numwant, request.compact, request.noPeerId]).toEqual([
      true,
      EVENT.stopped,
      7,
      false,
      true,
    ]);
    const plain = Buffer.from(GOOD.replace('left=0', 'left=1'));
    readAnnounce(plain, 0, plain.length, request);
    expect([request.isSeeder, request.event, request.numwant, request.compact, request.noPeerId]).toEqual([
      false,
      EVENT.none,
      50,
      true,
      false,
    ]);
  });

  it('keeps every byte of an info-hash, escaped or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const plain = (byte: number) => /[\w.~-]/.test(String.fromCharCode(byte));
        const mixed = [...bytes].map((byte) => (plain(byte) ? String.fromCharCode(byte) : escaped(Uint8Array.of(byte)))).join('');
        for (const text of [escaped(bytes), mixed, escaped(bytes).toUpperCase()])
          expect(scraped(`info_hash=${text}`)).toBe(Buffer.from(bytes).toString('hex'));
      }),
    );
  });

  it('takes the first of a parameter that comes twice, and no number that is none', () => {
    expect(read(`port=6&${GOOD}&left=5`).request.key.toString('hex', 4, 6)).toBe('0006');
    expect(read(GOOD.replace('left=0', 'left=-0')).request.isSeeder).toBe(false);
    expect(read(GOOD.replace('left=0', `left=${'0'.repeat(16)}`)).request.isSeeder).toBe(false);
  });

  it('gives no more peers than the limit', () => {
    expect([read(`${GOOD}&numwant=100000`).request.numwant, read(`${GOOD}&numwant=-1`).request.numwant]).toEqual([MAX_NUMWANT, 50]);
  });

  it.each([
    ['', 'invalid peer_id'],
    [`info_hash=${HASH}&peer_id=short&port=1`, 'invalid peer_id'],
    [GOOD.replace('51413', '65536'), 'invalid port'],
    [GOOD.replace('51413', '0'), 'invalid port'],
    [GOOD.replace(HASH, '%ff'), 'invalid info_hash'],
    [GOOD.replace(HASH, `${HASH}x`), 'invalid info_hash'],
    [`x=${'y'.repeat(MAX_QUERY_LENGTH)}`, 'query too long'],
  ])('refuses %.60s', (query, reason) => {
    expect(read(query).refusal).toBe(reason);
  });

  it('reads a query of the longest length', () => {
    const rest = MAX_QUERY_LENGTH - GOOD.length - 3;
    expect(read(`${GOOD}&x=${'y'.repeat(rest)}`).refusal).toBeUndefined();
  });

  it('may end anywhere', () => {
    for (let length = 0; length < GOOD.length; length++) read(GOOD.slice(0, length));
    expect(read(`${GOOD}&info_hash`).refusal).toBeUndefined();
    expect(read(`${GOOD}&&&=&a=&%`).refusal).toBeUndefined();
  });
});

describe('a scrape', () => {
  it('names several torrents, up to the limit', () => {
    const hashes = (count: number) => scraped(`info_hash=${HASH}&`.repeat(count));
    expect(hashes(2)).toBe('ff'.repeat(40));
    expect(hashes(MAX_SCRAPE_HASHES)).toHaveLength(40 * MAX_SCRAPE_HASHES);
    expect(hashes(MAX_SCRAPE_HASHES + 1)).toContain('at most');
    expect(hashes(0)).toBe('scrape needs an info_hash');
    expect(scraped(`info_hash=${HASH}&info_hash=%00`)).toBe('invalid info_hash');
  });
});
