import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addressBytes,
  addressText,
  MAX_NUMWANT,
  MAX_QUERY_LENGTH,
  MAX_SCRAPE_HASHES,
  parseTrackerQuery,
  readAnnounce,
  readScrape,
} from './tracker-query.ts';

const escaped = (bytes: Uint8Array) => [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const HASH = escaped(new Uint8Array(20).fill(0xff));
const announce = (more = '') =>
  readAnnounce(parseTrackerQuery(`/announce?info_hash=${HASH}&peer_id=-TR4000-123456789012&port=51413&left=0${more}`));

describe('an announce', () => {
  it('is read', () => {
    expect(announce('&event=started&numwant=7&compact=1')).toEqual({
      infoHash: 'ff'.repeat(20),
      peerId: '-TR4000-123456789012',
      port: 51_413,
      isSeeder: true,
      event: 'started',
      numwant: 7,
      compact: true,
      noPeerId: false,
    });
  });

  it('keeps every byte of an info-hash, escaped or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
        const plain = (byte: number) => /[\w.~-]/.test(String.fromCharCode(byte));
        const mixed = [...bytes].map((byte) => (plain(byte) ? String.fromCharCode(byte) : escaped(Uint8Array.of(byte)))).join('');
        for (const text of [escaped(bytes), mixed])
          expect(readScrape(parseTrackerQuery(`/scrape?info_hash=${text}`))).toEqual([Buffer.from(bytes).toString('hex')]);
      }),
    );
  });

  it('gives no more peers than the limit', () => {
    expect([announce('&numwant=100000').numwant, announce('&numwant=-1').numwant]).toEqual([MAX_NUMWANT, 50]);
  });

  it.each([
    ['/announce', 'invalid peer_id'],
    [`/announce?info_hash=${HASH}&peer_id=short&port=1`, 'invalid peer_id'],
    [`/announce?info_hash=${HASH}&peer_id=-TR4000-123456789012&port=65536`, 'invalid port'],
    [`/announce?info_hash=%ff&peer_id=-TR4000-123456789012&port=1`, 'invalid info_hash'],
    [`/announce?x=${'y'.repeat(MAX_QUERY_LENGTH)}`, 'query too long'],
  ])('refuses %.60s', (url, reason) => {
    expect(() => readAnnounce(parseTrackerQuery(url))).toThrow(reason);
  });

  it('never throws anything but a refusal', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          readAnnounce(parseTrackerQuery(`/announce?${text}`));
        } catch (error) {
          expect((error as Error).name).toBe('AnnounceRefusal');
        }
      }),
    );
  });
});

describe('a scrape', () => {
  it('names several torrents, up to the limit', () => {
    const hashes = (count: number) => parseTrackerQuery(`/scrape?${`info_hash=${HASH}&`.repeat(count)}`);
    expect(readScrape(hashes(2))).toHaveLength(2);
    expect(() => readScrape(hashes(MAX_SCRAPE_HASHES + 1))).toThrow('at most');
    expect(() => readScrape(hashes(0))).toThrow('needs an info_hash');
  });
});

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['::ffff:10.0.0.9', '0a000009'],
    ['::1', `${'00'.repeat(15)}01`],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['fe80::1%eth0', `fe80${'00'.repeat(13)}01`],
  ])('%s becomes bytes', (text, hex) => {
    expect(Buffer.from(addressBytes(text) as string, 'latin1').toString('hex')).toBe(hex);
  });

  it.each(['', 'localhost', '1.2.3', '1.2.3.256', '1::2::3::4::5:g', '1:2:3', '1:2:3:4:5:6:7:8:9'])('%j is none', (text) => {
    expect(addressBytes(text)).toBeUndefined();
  });

  it('come back from bytes', () => {
    fc.assert(
      fc.property(
        fc.ipV6(),
        (text) => text.includes('.') || addressBytes(addressText(addressBytes(text) as string)) === addressBytes(text),
      ),
    );
    fc.assert(fc.property(fc.ipV4(), (text) => addressText(addressBytes(text) as string) === text));
  });
});
