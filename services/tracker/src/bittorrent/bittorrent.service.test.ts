import { describe, expect, it } from '@jest/globals';
import { ManualClock, SeededRandom } from '@pageswarm/primitives';
import { type BencodeValue, bdecode } from '@pageswarm/torrent';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { ANNOUNCE_INTERVAL_SECONDS, BittorrentTracker, SILENT_INTERVALS, UNKNOWN_TORRENT_RETRY_MINUTES } from './bittorrent.service.ts';
import { BittorrentSwarm, MAX_SWARM_PEERS } from './bittorrent-swarm.ts';
import { addressBytes } from './tracker-query.ts';

const book = sampleFacts(1);
const escaped = (hex: string) => hex.replace(/../g, '%$&');

function tracker() {
  const clock = new ManualClock();
  const catalog = new Catalog();
  for (const n of [1, 2]) catalog.setListed(samplePeer(n), true);
  catalog.announce(samplePeer(1), book, { have: 40, complete: true });
  catalog.announce(samplePeer(2), book, { have: 4, complete: false });
  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const bittorrent = new BittorrentTracker(catalog, clock, new SeededRandom(1), {
    announced: (event, protocol) => count(`${protocol} ${event}`),
    scraped: (protocol) => count(`${protocol} scrape`),
    ignored: () => count('ignored'),
  });
  const read = (bytes: Uint8Array) => bdecode(bytes) as Map<string, BencodeValue>;
  /** Client number `n` announces from its own address. */
  const announce = (n: number, more: string, address = `10.0.0.${n}`, hash: string = book.infoHashV1) =>
    read(
      bittorrent.announce(
        `/announce?info_hash=${escaped(hash)}&peer_id=-TT0000-${String(n).padStart(12, '0')}&port=${1_000 + n}&${more}`,
        address,
      ),
    );
  const peersOf = (answer: Map<string, BencodeValue>, key = 'peers') =>
    Buffer.from((answer.get(key) as Uint8Array | undefined) ?? []).toString('hex');
  const scrape = (...hashes: string[]) =>
    read(bittorrent.scrape(`/scrape?${hashes.map((hash) => `info_hash=${escaped(hash)}`).join('&')}`));
  return { clock, catalog, bittorrent, announce, peersOf, scrape, counts };
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
    const { announce, scrape, clock, bittorrent } = tracker();
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
    clock.advance(SILENT_INTERVALS * ANNOUNCE_INTERVAL_SECONDS * 1_000);
    bittorrent.sweep();
    expect(bittorrent.peerCount).toBe(1);
    clock.advance(1);
    bittorrent.sweep();
    bittorrent.sweep();
    expect(bittorrent.peerCount).toBe(0);
  });

  it('are refused for torrents that are not listed, and told when to try again', () => {
    const { announce, scrape, catalog, counts, bittorrent } = tracker();
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
    expect(counts).toEqual({ 'http refused': 2, 'http scrape': 1, 'http none': 1 });
  });
});

describe('a BitTorrent swarm', () => {
  it('remembers no more peers than its limit', () => {
    const swarm = new BittorrentSwarm();
    for (let n = 0; n <= MAX_SWARM_PEERS; n++)
      swarm.put(`${addressBytes(`10.0.${n >> 8}.${n & 255}`)}\x00\x01`, { peerId: '', isSeeder: false, lastSeen: n });
    expect(swarm.size).toBe(MAX_SWARM_PEERS);
    swarm.expire(MAX_SWARM_PEERS - 1);
    expect([swarm.size, swarm.incomplete]).toEqual([1, 1]);
  });
});
