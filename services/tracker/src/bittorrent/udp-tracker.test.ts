import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { ManualClock, SeededRandom } from '@pageswarm/primitives';
import fc from 'fast-check';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { MAX_NUMWANT } from './announce.ts';
import { BittorrentTracker } from './bittorrent.service.ts';
import { BittorrentCounters } from './bittorrent-counters.ts';
import { CONNECTION_ID_WINDOW_MS, CONNECTION_ID_WINDOWS, ConnectionIds } from './connection-ids.ts';
import { type AnnounceSample, announcePacket, connectPacket, scrapePacket, udpAnswer } from './udp-packet.sample.ts';
import { MAX_UDP_ANSWER_BYTES, MAX_UDP_SCRAPE_HASHES } from './udp-packet.ts';
import { UdpTracker } from './udp-tracker.ts';

const book = sampleFacts(1);
const hash = book.infoHashV1;

function tracker() {
  const clock = new ManualClock();
  const catalog = new Catalog();
  catalog.setListed(samplePeer(1), true);
  catalog.announce(samplePeer(1), book, { have: 40, complete: true });
  const counters = new BittorrentCounters().udp;
  const bittorrent = new BittorrentTracker(catalog, clock, new SeededRandom(1));
  const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
  const udp = new UdpTracker(undefined, bittorrent, new ConnectionIds(clock), counters, logger);
  const hex = (packet: Buffer, address = '10.0.0.1') => udpAnswer(udp, packet, address)?.toString('hex');
  const connect = (address = '10.0.0.1') => (udpAnswer(udp, connectPacket(7), address) as Buffer).readBigUInt64BE(8);
  const announce = (address: string, sample: Partial<AnnounceSample> = {}) =>
    hex(announcePacket(connect(address), 8, { hash, port: 1_001, ...sample }), address);
  return { clock, bittorrent, udp, hex, connect, announce, counters };
}

/** The start of an announce answer: action, transaction 8, interval 900, leechers, seeders. */
const answered = (leechers: number, seeders: number) =>
  `00000001${'00000008'}00000384${leechers.toString(16).padStart(8, '0')}${seeders.toString(16).padStart(8, '0')}`;
const refused = (reason: string, transaction = '00000008') => `00000003${transaction}${Buffer.from(reason).toString('hex')}`;

describe('UDP clients', () => {
  it('meet each other by v1 and cut v2 hashes, and are counted with our hosts', () => {
    const { announce, counters } = tracker();
    expect(announce('10.0.0.1', { left: 0n, event: 1 })).toBe(answered(0, 2));
    expect(announce('10.0.0.2', { hash: book.infoHashV2.slice(0, 40), port: 1_002, event: 0 })).toBe(`${answered(1, 2)}0a00000103e9`);
    expect(announce('10.0.0.2', { port: 1_002, event: 3 })).toBe(answered(0, 2));
    expect(counters.announces).toEqual([1, 1, 0, 1]);
  });

  it('are sent peers of their own address family', () => {
    const { announce } = tracker();
    announce('10.0.0.1');
    announce('2001:db8::1');
    expect(announce('::ffff:10.0.0.2', { port: 2 })).toBe(`${answered(3, 1)}0a00000103e9`);
    expect(announce('2001:db8::2', { port: 2 })).toBe(`${answered(4, 1)}20010db8${'00'.repeat(11)}0103e9`);
  });

  it('scrape several torrents; of those that are not listed nothing is known', () => {
    const { hex, connect, announce, counters } = tracker();
    announce('10.0.0.1');
    announce('10.0.0.1', { left: 0n, event: 1 });
    const answer = hex(scrapePacket(connect(), 9, [hash, 'ab'.repeat(20), book.infoHashV2]));
    const numbers = '000000020000000100000000';
    expect(answer).toBe(`0000000200000009${numbers}${'00'.repeat(12)}${numbers}`);
    expect(counters.scrapes).toBe(1);
  });

  it('must have connected from their address within two minutes', () => {
    const { hex, connect, clock } = tracker();
    clock.advance(CONNECTION_ID_WINDOW_MS / 2);
    const id = connect();
    const use = (address?: string) => hex(scrapePacket(id, 8, [hash]), address)?.slice(0, 8);
    expect([use(), use('10.0.0.2')]).toEqual(['00000002', '00000003']);
    clock.advance(CONNECTION_ID_WINDOWS * CONNECTION_ID_WINDOW_MS);
    expect(use()).toBe('00000002');
    clock.advance(CONNECTION_ID_WINDOW_MS / 2);
    expect(hex(scrapePacket(id, 8, [hash]))).toBe(refused('connect first'));
  });

  it('are refused what is wrong, with the reason', () => {
    const { udp, hex, announce, connect } = tracker();
    expect(announce('10.0.0.1', { hash: 'ab'.repeat(20) })).toBe(refused('this torrent is not listed here'));
    expect(announce('10.0.0.1', { port: 0 })).toBe(refused('invalid port'));
    const packet = announcePacket(connect(), 8, { hash, port: 1 });
    expect(hex(packet.subarray(0, 97))).toBe(refused('announce too short'));
    packet.writeUInt32BE(9, 8);
    expect(hex(packet)).toBe(refused('unknown action'));
    expect(hex(scrapePacket(connect(), 8, []))).toBe(refused('invalid info_hash'));
    const most = new Array<string>(MAX_UDP_SCRAPE_HASHES).fill(hash);
    expect(udpAnswer(udp, scrapePacket(connect(), 8, most), '10.0.0.1')).toHaveLength(8 + 12 * MAX_UDP_SCRAPE_HASHES);
    expect(hex(scrapePacket(connect(), 8, [...most, hash]))).toBe(refused(`at most ${MAX_UDP_SCRAPE_HASHES} torrents in one scrape`));
  });

  it('get an answer that fits into one packet', () => {
    const { announce } = tracker();
    for (let n = 1; n <= 2 * MAX_NUMWANT; n++) for (const address of [`10.0.0.${n}`, `2001:db8::${n}`]) announce(address);
    const bytes = (address: string, numwant: number) => (announce(address, { port: 5, numwant })?.length ?? 0) / 2;
    expect(bytes('10.1.0.1', 1_000_000)).toBe(20 + 6 * MAX_NUMWANT);
    expect(bytes('10.1.0.1', 3)).toBe(20 + 6 * 3);
    expect(bytes('2001:db8::a:1', 1_000_000)).toBe(20 + 18 * 67);
    expect(20 + 18 * 68).toBeGreaterThan(MAX_UDP_ANSWER_BYTES);
  });

  it('gain nothing by a forged address, and anything at all may arrive', () => {
    const { udp, hex, counters } = tracker();
    expect([hex(Buffer.alloc(15)), hex(connectPacket(1, 1n))]).toEqual([undefined, undefined]);
    expect(counters.ignored).toBe(2);
    const action = fc.constantFrom(0, 1, 2, 3, 2 ** 32 - 1);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), action, (bytes, asked) => {
        const packet = Buffer.from(bytes);
        if (packet.length >= 12) packet.writeUInt32BE(asked, 8);
        expect(udpAnswer(udp, packet, '10.0.0.1')?.length ?? 0).toBeLessThanOrEqual(packet.length);
      }),
    );
  });

  it('whose address is proved may send anything as well', () => {
    const { udp, connect } = tracker();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.integer({ min: 1, max: 3 }), (bytes, asked) => {
        const head = scrapePacket(connect(), 8, []);
        head.writeUInt32BE(asked, 8);
        const answer = udpAnswer(udp, Buffer.concat([head, bytes]), '10.0.0.1') as Buffer;
        expect([answer.readUInt32BE(4), answer.length <= MAX_UDP_ANSWER_BYTES]).toEqual([8, true]);
      }),
    );
  });
});
