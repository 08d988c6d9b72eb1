import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import {
  bdecode,
  bencode,
  DocumentHasher,
  encodeMetainfo,
  encodePlainMetainfo,
  type Metainfo,
  parseMagnet,
  parseMetainfo,
} from './index.ts';

/** Seconds that the fuzzing tests of this file last together; without it some hundred inputs each. */
const FUZZ_SECONDS = Number(process.env.PAGESWARM_FUZZ_SECONDS ?? 0);
const TESTS = 3;
const FUZZING =
  FUZZ_SECONDS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (FUZZ_SECONDS * 1_000) / TESTS, markInterruptAsFailure: false }
    : { numRuns: 150 };
const TIMEOUT_MS = FUZZ_SECONDS * 1_000 + 60_000;
/** No input of some kilobytes may take longer to read. */
const SLOW_MS = 1_000;
/** What reading may leave behind after all inputs, in bytes. */
const KEPT_BYTES = 200_000_000;
const CASES = new URL('./fuzz-cases/', import.meta.url);

function torrents(): Uint8Array[] {
  return [20_000, 200_000].flatMap((size) => {
    const bytes = Buffer.alloc(size, 'page of a document ');
    const hasher = new DocumentHasher(size);
    hasher.update(bytes);
    const hashes = hasher.finish();
    const metainfo = {
      ...{ ...hashes, name: 'Física.pdf', trackers: [['http://t/announce'], ['udp://u:1']], webSeeds: ['http://w/x'] },
      ...{ comment: 'c', createdBy: 'b', createdAt: 5_000, pageMap: Buffer.from('map'), isPrivate: size > 100_000 },
    };
    return [encodeMetainfo(metainfo), encodePlainMetainfo(metainfo)];
  });
}

/** A change of bytes: what is put at a place in place of how many. */
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.integer({ min: 0, max: 12 }),
  put: fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc
      .constantFrom(
        'i0e',
        'le',
        'de',
        'e',
        '0:',
        '-',
        '99999999999999999:',
        'i9007199254740991e',
        'i-1e',
        'd4:infod',
        '6:lengthi',
        '12:piece lengthi1e',
      )
      .map((text) => Buffer.from(text)),
  ),
});

function edited(bytes: Uint8Array, edits: readonly { at: number; removed: number; put: Uint8Array }[]): Buffer {
  let changed = Buffer.from(bytes);
  for (const { at, removed, put } of edits) {
    const from = Math.floor(at * changed.length);
    changed = Buffer.concat([changed.subarray(0, from), put, changed.subarray(from + removed)]);
  }
  return changed;
}

/** What reading gives, or the code of our own error; anything else fails and shows the bytes to keep as a case. */
function outcome<T>(read: () => T, input: Uint8Array | string): { value?: T; code?: string } {
  const shown = () => (typeof input === 'string' ? JSON.stringify(input) : Buffer.from(input).toString('hex'));
  const started = performance.now();
  let found: { value?: T; code?: string };
  try {
    found = { value: read() };
  } catch (cause) {
    if (!isPageSwarmError(cause)) throw new Error(`An error that is not ours at ${shown()}`, { cause });
    found = { code: cause.code };
  }
  if (performance.now() - started > SLOW_MS) throw new Error(`Reading takes more than ${SLOW_MS} ms at ${shown()}`);
  return found;
}

/** What holds of every torrent that is taken, for others rely on it. */
function demandSound({ name, size, pieceLength, v1Pieces, pieceLayer, infoHashV1, infoHashV2, root }: Metainfo): void {
  const pieces = Math.ceil(size / pieceLength);
  expect([name === '', size > 0, pieceLength > 0]).toEqual([false, true, true]);
  if (v1Pieces) expect(v1Pieces.length).toBe(20 * pieces);
  if (pieceLayer) expect(pieceLayer.length).toBe(32 * pieces);
  expect([infoHashV1 !== undefined, infoHashV2 !== undefined]).toEqual([v1Pieces !== undefined, root !== undefined]);
}

function checkTorrent(bytes: Uint8Array): string | undefined {
  const { value, code } = outcome(() => parseMetainfo(bytes), bytes);
  if (value) demandSound(value);
  return code;
}

function checkBencode(bytes: Uint8Array): string | undefined {
  const { value, code } = outcome(() => bdecode(bytes), bytes);
  if (value !== undefined) expect(Buffer.from(bencode(value)).equals(bytes)).toBe(true);
  return code;
}

describe('what strangers send as a torrent, fuzzed', () => {
  const originals = torrents();
  const before = process.memoryUsage().rss;

  it(
    'bencode is read as it was written, or refused',
    () => {
      const letters = fc.constantFrom(...Buffer.from('idle0123456789:-e'));
      const bencodeLike = fc.array(letters, { maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
      const changed = fc
        .tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 4 }))
        .map(([bytes, edits]) => edited(bytes, edits));
      fc.assert(
        fc.property(fc.oneof(bencodeLike, changed, fc.uint8Array({ maxLength: 300 })), (bytes) => {
          expect([undefined, 'INVALID_TORRENT']).toContain(checkBencode(bytes));
        }),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'a .torrent is sound, or refused',
    () => {
      const changed = fc.tuple(fc.constantFrom(...originals), fc.array(edit, { minLength: 1, maxLength: 3 }));
      fc.assert(
        fc.property(changed, ([bytes, edits]) => {
          expect([undefined, 'INVALID_TORRENT']).toContain(checkTorrent(edited(bytes, edits)));
        }),
        FUZZING,
      );
      expect(process.memoryUsage().rss - before).toBeLessThan(KEPT_BYTES);
    },
    TIMEOUT_MS,
  );

  it(
    'a magnet link names a torrent, or is refused',
    () => {
      const hash = fc.constantFrom('ab'.repeat(20), 'ab'.repeat(32), 'a'.repeat(32), `1220${'cd'.repeat(32)}`, '', '%zz', 'ä');
      const part = fc.oneof(
        fc.tuple(fc.constantFrom('xt=urn:btih:', 'xt=urn:btmh:', 'xt.1=URN:BTIH:', 'xt='), hash).map((both) => both.join('')),
        fc.constantFrom('dn=a', 'dn=%', 'xl=5', `xl=${'9'.repeat(30)}`, 'tr=', 'tr.1=http%3A%2F%2Ft', 'ws=x', '=', '&&'),
        fc.string({ maxLength: 20 }),
      );
      const link = fc.array(part, { maxLength: 8 }).map((parts) => `magnet:?${parts.join('&')}`);
      fc.assert(
        fc.property(fc.oneof(link, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
          const { value, code } = outcome(() => parseMagnet(text), text);
          expect(value ? value.infoHashV1 !== undefined || value.infoHashV2 !== undefined : code === 'INVALID_MAGNET').toBe(true);
        }),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it.each(readdirSync(CASES))('keeps its word on %s', (file) => {
    const lines = readFileSync(new URL(file, CASES), 'utf8').split('\n');
    const expected = lines.find((line) => line.startsWith('# expect: '))?.slice(10);
    const bytes = Buffer.from(lines.filter((line) => !line.startsWith('#')).join(''), 'hex');
    expect([bytes.length > 0, checkBencode(bytes) ?? checkTorrent(bytes)]).toEqual([true, expected]);
  });
});
