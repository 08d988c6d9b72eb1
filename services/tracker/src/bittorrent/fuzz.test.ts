import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { addressBytes, ManualClock, SeededRandom } from '@pageswarm/primitives';
import { bdecode } from '@pageswarm/torrent';
import fc from 'fast-check';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { BittorrentTracker } from './bittorrent.service.ts';
import { BittorrentCounters } from './bittorrent-counters.ts';
import { ConnectionIds } from './connection-ids.ts';
import { HEAD_ROOM, HttpTracker } from './http-tracker.ts';
import { readHead } from './request-head.ts';
import { announcePacket, connectPacket, scrapePacket, udpAnswer } from './udp-packet.sample.ts';
import { MAX_UDP_ANSWER_BYTES } from './udp-packet.ts';
import { UdpTracker } from './udp-tracker.ts';

/** Seconds that the fuzzing tests of this file last together; without it some hundred inputs each. */
const FUZZ_SECONDS = Number(process.env.PAGESWARM_FUZZ_SECONDS ?? 0);
const TESTS = 3;
const FUZZING =
  FUZZ_SECONDS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (FUZZ_SECONDS * 1_000) / TESTS, markInterruptAsFailure: false }
    : { numRuns: 150 };
const TIMEOUT_MS = FUZZ_SECONDS * 1_000 + 60_000;
/** The longest answer over HTTP: 64 scraped torrents. 100 peers as dictionaries with ids are shorter. */
const MAX_ANSWER_BYTES = 16_384;
const CASES = new URL('./fuzz-cases/', import.meta.url);

const book = sampleFacts(1);
const HASH = book.infoHashV1.replace(/../g, '%$&');

/** An open tracker with one document, which many addresses ask. */
function tracker() {
  const catalog = new Catalog();
  catalog.setListed(samplePeer(1), true);
  catalog.announce(samplePeer(1), book, { have: 40, complete: true });
  const open = { refusalOf: () => undefined, scrapeRefusal: () => undefined, tracksUnlisted: () => true };
  const clock = new ManualClock();
  const bittorrent = new BittorrentTracker(catalog, clock, new SeededRandom(1), open, undefined, { unlisted: 1_000, peers: 1_000 });
  const counters = new BittorrentCounters();
  const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
  const udp = new UdpTracker(undefined, bittorrent, new ConnectionIds(clock), counters.udp, logger);
  return { bittorrent, udp, http: new HttpTracker(bittorrent, counters.http), clock };
}

const address = fc.constantFrom('127.0.0.1', '10.0.0.1', '10.0.0.2', '2001:db8::1', '::ffff:1.2.3.4');
const parameter = fc.oneof(
  fc.constantFrom(
    `info_hash=${HASH}`,
    'peer_id=-TT0000-000000000001',
    'port=1',
    'left=0',
    'left=5',
    'event=stopped',
    'event=completed',
    'compact=0',
    'no_peer_id=1',
    'ip=6.6.6.6',
  ),
  fc
    .tuple(
      fc.constantFrom('info_hash', 'peer_id', 'port', 'left', 'event', 'numwant', 'compact', 'key', ''),
      fc.string({ unit: 'binary', maxLength: 30 }),
    )
    .map((both) => both.join('=')),
  fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes) => `info_hash=${[...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')}`),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const query = fc.array(parameter, { maxLength: 12 }).map((parts) => Buffer.from(parts.join('&'), 'latin1'));

/** Every answer is a whole bencoded dictionary, and counts stay true. */
function checkQuery({ http, bittorrent }: ReturnType<typeof tracker>, bytes: Buffer, from: string): void {
  for (const answer of [http.announce(bytes, 0, bytes.length, addressBytes(from)), http.scrape(bytes, 0, bytes.length)]) {
    expect(bdecode(answer.subarray(HEAD_ROOM))).toBeInstanceOf(Map);
    expect(answer.length).toBeLessThan(MAX_ANSWER_BYTES);
  }
  expect([bittorrent.peerCount >= 0, bittorrent.peerCount <= 1_000, bittorrent.unlistedCount <= 1_000]).toEqual([true, true, true]);
}

/** What a regular expression makes of the same bytes, in many more steps. */
function headByExpression(text: string): { query: string; end: number } | undefined {
  const [head, query = ''] =
    /^GET \/(?:announce|scrape)\?([!-~\u0080-\u00ff]*) HTTP\/1\.1\r\n(?:[!-9;-~]+:[^\n]*\r\n)+\r\n/.exec(text) ?? [];
  return head === undefined ? undefined : { query, end: head.length };
}

function checkHead(bytes: Buffer): void {
  const head = readHead(bytes, 0);
  if (!head) return;
  const expected = headByExpression(bytes.toString('latin1'));
  expect([bytes.toString('latin1', head.from, head.to), head.end]).toEqual([expected?.query, expected?.end]);
  expect(/\n(content-length|transfer-encoding|upgrade|expect):/i.test(bytes.toString('latin1', 0, head.end))).toBe(false);
}

function checkPacket({ udp }: ReturnType<typeof tracker>, packet: Buffer, from: string, isProved: boolean): void {
  const answer = udpAnswer(udp, packet, from);
  if (!answer) return;
  expect(answer.length).toBeLessThanOrEqual(isProved ? MAX_UDP_ANSWER_BYTES : packet.length);
  expect([answer.readUInt32BE(0) <= 3, answer.readUInt32BE(4)]).toEqual([true, packet.readUInt32BE(12)]);
}

describe('what strangers send to the tracker, fuzzed', () => {
  it(
    'every query gets a whole answer',
    () => {
      const running = tracker();
      fc.assert(
        fc.property(query, address, fc.integer({ min: 0, max: 20_000 }), (bytes, from, pause) => {
          running.clock.advance(pause);
          if (pause % 3 === 0) running.bittorrent.sweep();
          checkQuery(running, bytes, from);
        }),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'a request is answered early only if it is plainly one',
    () => {
      const field = fc.oneof(
        fc.constantFrom(
          'Host: t',
          'host:t',
          'Connection: close',
          'Connection: keep-alive',
          'Content-Length: 5',
          'Transfer-Encoding: chunked',
          ' folded: 1',
          'Expect: 100-continue',
          'X',
          ':',
          'Upgrade: h2c',
        ),
        fc.string({ maxLength: 20 }),
      );
      const request = fc
        .tuple(
          fc.constantFrom('GET /announce?', 'GET /scrape?', 'GET /announce', 'get /announce?', 'POST /announce?'),
          query,
          fc.constantFrom(' HTTP/1.1\r\n', ' HTTP/1.0\r\n', ' HTTP/1.1\n', '  HTTP/1.1\r\n'),
          fc.array(fc.tuple(field, fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '')), { maxLength: 6 }),
          fc.constantFrom('\r\n', '\r\n\r\n', '', 'GET /x HTTP/1.1\r\n\r\n'),
        )
        .map(([start, text, version, fields, end]) =>
          Buffer.concat([Buffer.from(start), text, Buffer.from(version + fields.flat().join('') + end, 'latin1')]),
        );
      fc.assert(fc.property(request, checkHead), FUZZING);
    },
    TIMEOUT_MS,
  );

  it(
    'every packet gets an answer that fits, or none',
    () => {
      const running = tracker();
      const idOf = (from: string) => (udpAnswer(running.udp, connectPacket(1), from) as Buffer).readBigUInt64BE(8);
      const change = fc.array(fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 255 })), { maxLength: 5 });
      const kind = fc.constantFrom('connect', 'announce', 'scrape');
      fc.assert(
        fc.property(
          kind,
          change,
          address,
          fc.uint8Array({ maxLength: 1_600 }),
          fc.nat({ max: 120 }),
          (what, changes, from, rest, length) => {
            const id = idOf(from);
            const whole = {
              connect: () => connectPacket(9),
              announce: () => announcePacket(id, 9, { hash: book.infoHashV1, port: 7 }),
              scrape: () => scrapePacket(id, 9, [book.infoHashV1]),
            };
            const packet = Buffer.concat([whole[what](), Buffer.from(rest)]).subarray(0, length % 2 === 0 ? undefined : length);
            for (const [at, byte] of changes) if (at < packet.length) packet[at] = byte;
            checkPacket(running, packet, from, packet.length >= 8 && packet.readBigUInt64BE(0) === id);
            checkPacket(running, Buffer.from(rest), from, false);
          },
        ),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it.each(readdirSync(CASES))('keeps its word on %s', (file) => {
    const lines = readFileSync(new URL(file, CASES), 'utf8').split('\n');
    const bytes = Buffer.from(lines.filter((line) => !line.startsWith('#')).join(''), 'hex');
    expect(bytes.length).toBeGreaterThan(0);
    checkHead(bytes);
    checkQuery(tracker(), bytes, '10.0.0.1');
    checkPacket(tracker(), bytes, '10.0.0.1', false);
  });
});
