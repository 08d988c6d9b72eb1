import { describe, expect, it } from '@jest/globals';
import { addressBytes, ManualClock, SeededRandom } from '@pageswarm/primitives';
import { type BencodeValue, bdecode } from '@pageswarm/torrent';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import {
  ANNOUNCE_INTERVAL_SECONDS,
  type AnnouncePolicy,
  BITTORRENT_SWEEP_MS,
  type BittorrentLimits,
  BittorrentTracker,
  FULL_TRACKER_RETRY_MINUTES,
  SILENT_INTERVALS,
  UNKNOWN_TORRENT_RETRY_MINUTES,
} from './bittorrent.service.ts';
import { BittorrentCounters } from './bittorrent-counters.ts';
import { MAX_SWARM_PEERS } from './bittorrent-swarm.ts';
import { HEAD_ROOM, HttpTracker } from './http-tracker.ts';

const book = sampleFacts(1);
const escaped = (hex: string) => hex.replace(/../g, '%$&');

const queryOf = (text: string): [Buffer, number, number] => [Buffer.from(text, 'latin1'), 0, text.length];

function tracker({ policy, limits }: { policy?: Partial<AnnouncePolicy>; limits?: Partial<BittorrentLimits> } = {}) {
  const clock = new ManualClock();
  const catalog = new Catalog();
  for (const n of [1, 2]) catalog.setListed(samplePeer(n), true);
  catalog.announce(samplePeer(1), book, { have: 40, complete: true });
  catalog.announce(samplePeer(2), book, { have: 4, complete: false });
  const counters = new BittorrentCounters().http;
  const everybody = { refusalOf: () => undefined, scrapeRefusal: () => undefined, tracksUnlisted: () => false, ...policy };
  const bittorrent = new BittorrentTracker(catalog, clock, new SeededRandom(1), everybody, undefined, limits);
  const http = new HttpTracker(bittorrent, counters);
  const read = (bytes: Uint8Array) => bdecode(bytes.subarray(HEAD_ROOM)) as Map<string, BencodeValue>;
  /** Client number `n` announces from its own address. */
  const announce = (n: number, more: string, address = `10.0.0.${n}`, hash: string = book.infoHashV1) =>
    read(
      http.announce(
        ...queryOf(`info_hash=${escaped(hash)}&peer_id=-TT0000-${String(n).padStart(12, '0')}&port=${1_000 + n}&${more}`),
        addressBytes(address),
      ),
    );
  const peersOf = (answer: Map<string, BencodeValue>, key = 'peers') =>
    Buffer.from((answer.get(key) as Uint8Array | undefined) ?? []).toString('hex');
  const scrape = (...hashes: string[]) => read(http.scrape(...queryOf(hashes.map((hash) => `info_hash=${escaped(hash)}`).join('&'))));
  /** Sweeps for as long as a silent peer may stay at most. */
  const sweep = () => {
    const turns = Math.ceil((SILENT_INTERVALS * ANNOUNCE_INTERVAL_SECONDS * 1_000) / BITTORRENT_SWEEP_MS) + 2;
    for (let turn = 0; turn < turns; turn++) {
      clock.advance(BITTORRENT_SWEEP_MS);
      bittorrent.sweep();
    }
  };
  return { clock, catalog, bittorrent, announce, peersOf, scrape, counters, sweep };
}

describe('BitTorrent clients', () => {
  it('meet each other, and are counted with our hosts but kept apart', () => {
    const { announce, peersOf } = tracker();
    const first = announce(1, 'left=0&event=started');
    expect([first.get('complete'), first.get('incomplete'), peersOf(first)]).toEqual([2, 1, '']);
    const second = announce(2, 'left=9');
    expect([second.get('complete'), second.get('incomplete'), peersOf(second)]).toEqual([2, 2, '0a00000103e9']);
  });

  it('meet by the v2 hash as well', () => {
    const { announce, peersOf } = tracker();
    announce(1, 'left=0');
    expect(peersOf(announce(2, 'left=9', undefined, book.infoHashV2.slice(0, 40)))).toBe('0a00000103e9');
  });

  it('are listed by their IPv6 address apart from the others', () => {
    const { announce, peersOf } = tracker();
    announce(1, 'left=0', '2001:db8::1');
    const answer = announce(2, 'left=9');
    expect([peersOf(answer), peersOf(answer, 'peers6')]).toEqual(['', `20010db8${'00'.repeat(11)}0103e9`]);
    const listed = announce(2, 'left=9&compact=0').get('peers') as Map<string, BencodeValue>[];
    expect(Buffer.from(listed[0]?.get('ip') as Uint8Array).toString()).toBe('2001:db8:0:0:0:0:0:1');
    expect(listed[0]?.has('peer id')).toBe(true);
    expect((announce(2, 'left=9&compact=0&no_peer_id=1').get('peers') as Map<string, BencodeValue>[])[0]?.has('peer id')).toBe(false);
  });

  it('who have everything are not sent to each other', () => {
    const { announce, peersOf } = tracker();
    announce(1, 'left=0');
    expect(peersOf(announce(2, 'left=0'))).toBe('');
  });

  it('finish, leave and fall silent', () => {
    const { announce, scrape, sweep, clock, bittorrent } = tracker();
    const counts = () =>
      Object.fromEntries(
        [...(scrape(book.infoHashV1).get('files') as Map<string, Map<string, number>>).values()][0] as Map<string, number>,
      );
    announce(1, 'left=9&event=started');
    announce(2, 'left=9&event=started');
    expect(counts()).toEqual({ complete: 1, downloaded: 0, incomplete: 3 });
    announce(1, 'left=0&event=completed');
    announce(1, 'left=0&event=completed', undefined, book.infoHashV2.slice(0, 40));
    expect(counts()).toEqual({ complete: 2, downloaded: 1, incomplete: 2 });
    announce(1, 'left=0&event=stopped');
    expect(counts()).toEqual({ complete: 1, downloaded: 1, incomplete: 2 });
    clock.advance(1_000 * ANNOUNCE_INTERVAL_SECONDS);
    announce(3, 'left=9');
    for (let ms = 0; ms <= 1_000 * ANNOUNCE_INTERVAL_SECONDS; ms += BITTORRENT_SWEEP_MS) {
      bittorrent.sweep();
      clock.advance(BITTORRENT_SWEEP_MS);
    }
    expect(bittorrent.peerCount).toBe(2);
    sweep();
    expect(bittorrent.peerCount).toBe(0);
    expect(counts()).toEqual({ complete: 1, downloaded: 1, incomplete: 1 });
    announce(4, 'left=0&event=completed');
    expect(counts()).toEqual({ complete: 2, downloaded: 2, incomplete: 1 });
  });

  it('are refused for torrents that are not listed, and told when to try again', () => {
    const { announce, scrape, catalog, counters, bittorrent } = tracker();
    const unknown = sampleFacts(2).infoHashV1;
    const answer = announce(1, 'left=0', undefined, unknown);
    expect([answer.get('retry in'), answer.has('peers')]).toEqual([UNKNOWN_TORRENT_RETRY_MINUTES, false]);
    expect([...(scrape(unknown, book.infoHashV1).get('files') as Map<string, unknown>).keys()]).toEqual([
      Buffer.from(book.infoHashV1, 'hex').toString('latin1'),
    ]);
    announce(1, 'left=0');
    catalog.remove(book.id);
    expect(bittorrent.peerCount).toBe(0);
    expect(announce(1, 'left=0').has('failure reason')).toBe(true);
    expect([counters.refused, counters.scrapes, counters.announces]).toEqual([2, 1, [1, 0, 0, 0]]);
  });
});

describe('an open tracker', () => {
  const open = { tracksUnlisted: () => true };
  const [one, two] = ['ab'.repeat(20), 'cd'.repeat(20)];

  it('tracks torrents that nobody listed, each for itself', () => {
    const { announce, peersOf, scrape, bittorrent, sweep } = tracker({ policy: open });
    announce(1, 'left=0', undefined, one);
    announce(2, 'left=0', undefined, two);
    expect(peersOf(announce(3, 'left=9', undefined, one))).toBe('0a00000103e9');
    expect(
      Object.fromEntries(
        (scrape(one).get('files') as Map<string, Map<string, number>>).get(Buffer.from(one, 'hex').toString('latin1')) ?? [],
      ),
    ).toEqual({ complete: 1, downloaded: 0, incomplete: 1 });
    expect(bittorrent.unlistedCount).toBe(2);
    sweep();
    expect([bittorrent.unlistedCount, bittorrent.peerCount]).toEqual([0, 0]);
  });

  it('has room for a limited number of them, and asks others to try again', () => {
    const { announce, bittorrent } = tracker({ policy: open, limits: { unlisted: 1 } });
    announce(1, 'left=0', undefined, one);
    expect(announce(1, 'left=0', undefined, two).get('retry in')).toBe(FULL_TRACKER_RETRY_MINUTES);
    expect(announce(1, 'left=0').has('peers')).toBe(true);
    expect(bittorrent.unlistedCount).toBe(1);
  });

  it('never mixes a private torrent with the public one of the same document', () => {
    // BEP 27: `private` lies in the info dictionary, so that torrent has an info-hash of its own.
    const { announce, peersOf } = tracker({ policy: open });
    announce(1, 'left=0', undefined, one);
    announce(2, 'left=0');
    expect(peersOf(announce(3, 'left=9', undefined, one))).toBe('0a00000103e9');
    expect(peersOf(announce(4, 'left=9'))).toBe('0a00000203ea');
  });

  it('counts a torrent with our hosts as soon as its document is listed', () => {
    const { announce, bittorrent, catalog } = tracker({ policy: open });
    const other = sampleFacts(2);
    announce(1, 'left=9', undefined, other.infoHashV1);
    catalog.announce(samplePeer(1), other, { have: 40, complete: true });
    expect(bittorrent.unlistedCount).toBe(0);
    expect(announce(1, 'left=9', undefined, other.infoHashV1).get('complete')).toBe(1);
  });
});

describe('a BitTorrent swarm', () => {
  const address = (n: number) => `10.0.${n >> 8}.${n & 255}`;

  it('remembers no more peers than its limit', () => {
    const { announce, bittorrent, sweep } = tracker();
    for (let n = 0; n <= MAX_SWARM_PEERS; n++) announce(1, 'left=9&numwant=0', address(n));
    expect(bittorrent.peerCount).toBe(MAX_SWARM_PEERS);
    expect(announce(1, 'left=9', address(0)).get('incomplete')).toBe(MAX_SWARM_PEERS + 1);
    sweep();
    expect(bittorrent.peerCount).toBe(0);
  });

  it('remembers nobody new when the tracker is full, and answers all the same', () => {
    const { announce, peersOf, bittorrent } = tracker({ limits: { peers: 2 } });
    for (const n of [1, 2, 3]) announce(n, 'left=9');
    expect(bittorrent.peerCount).toBe(2);
    expect(peersOf(announce(3, 'left=9'))).toHaveLength(24);
    expect(peersOf(announce(1, 'left=9'))).toBe('0a00000203ea');
  });

  it('has room again for others when some leave', () => {
    const { announce, bittorrent } = tracker({ limits: { peers: 2 } });
    for (const n of [1, 2]) announce(n, 'left=9');
    announce(1, 'left=9&event=stopped');
    announce(3, 'left=9');
    expect(bittorrent.peerCount).toBe(2);
  });
});
