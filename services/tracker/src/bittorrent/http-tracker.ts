import { addressText } from '@pageswarm/primitives';
import { type BencodeInput, bencode } from '@pageswarm/torrent';
import { Announce, COMPACT_BYTES, EVENT, HASH_BYTES, type Refusal } from './announce.ts';
import {
  ANNOUNCE_INTERVAL_SECONDS,
  type BittorrentTracker,
  hashList,
  isRefusal,
  MIN_ANNOUNCE_INTERVAL_SECONDS,
} from './bittorrent.service.ts';
import type { ProtocolCounters } from './bittorrent-counters.ts';
import type { BittorrentSwarm, TorrentCounts } from './bittorrent-swarm.ts';
import { MAX_SCRAPE_HASHES, readAnnounce, readScrape } from './tracker-query.ts';

/** Bytes that every answer leaves free before its body, for whoever writes a head in front of it. */
export const HEAD_ROOM = 256;

const NO_ADDRESS: Refusal = { reason: 'invalid address' };
const INTERVALS = `8:intervali${ANNOUNCE_INTERVAL_SECONDS}e12:min intervali${MIN_ANNOUNCE_INTERVAL_SECONDS}e`;
const END = 0x65;

/**
 * Announce and scrape over HTTP (BEP 3, 7, 23, 48): from the bytes of a query to the bytes of an answer. Every answer begins
 * with {@link HEAD_ROOM} bytes that are not part of it.
 */
export class HttpTracker {
  private readonly request = new Announce();
  private readonly scraped = hashList(MAX_SCRAPE_HASHES);

  constructor(
    private readonly tracker: BittorrentTracker,
    private readonly counters: ProtocolCounters,
  ) {}

  /**
   * @param bytes holds the query from `from` up to `to`
   * @param sender the address of the connection; undefined if it is none that peers could be sent to
   */
  announce(bytes: Uint8Array, from: number, to: number, sender: Buffer | undefined): Buffer {
    const { request, tracker, counters } = this;
    if (!sender) return this.refused(NO_ADDRESS);
    request.setSender(sender);
    const refusal = readAnnounce(bytes, from, to, request);
    if (refusal) return this.refused(refusal);
    const swarm = tracker.swarmFor(request);
    if (isRefusal(swarm)) return this.refused(swarm);
    const place = tracker.take(swarm, request);
    counters.announces[request.event] = (counters.announces[request.event] as number) + 1;
    const counts = tracker.hostsOf(swarm);
    return request.compact ? this.compactAnswer(swarm, place, counts) : this.listAnswer(swarm, place, counts);
  }

  /** Torrents that are not known are left out. */
  scrape(bytes: Uint8Array, from: number, to: number): Buffer {
    const refusal = this.tracker.scrapeRefusal();
    if (refusal) return this.refused(refusal);
    const found = readScrape(bytes, from, to, this.scraped);
    if (typeof found !== 'number') return this.refused(found);
    const files = new Map<string, BencodeInput>();
    for (let n = 0; n < found; n++) {
      const hash = this.scraped.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
      const counts = this.tracker.countsUnder(hash);
      if (counts) files.set(hash.toString('latin1'), new Map(Object.entries(counts)));
    }
    this.counters.scrapes++;
    return withRoom(bencode(new Map([['files', files]])));
  }

  private compactAnswer(swarm: BittorrentSwarm, place: number, hosts: TorrentCounts): Buffer {
    const { request, tracker } = this;
    const { v4, v6 } = swarm;
    const isV4 = request.width === COMPACT_BYTES.v4;
    const wanted = request.event === EVENT.stopped ? 0 : request.numwant;
    const fours = v4.available(isV4 ? place : -1, request.isSeeder, wanted);
    const sixes = v6.available(isV4 ? -1 : place, request.isSeeder, wanted - fours);
    const text = `d8:completei${hosts.complete + swarm.complete}e10:downloadedi${hosts.downloaded + swarm.downloaded}e10:incompletei${
      hosts.incomplete + swarm.incomplete
    }e${INTERVALS}5:peers${fours * COMPACT_BYTES.v4}:`;
    const bytes = HEAD_ROOM + text.length + fours * COMPACT_BYTES.v4 + (sixes > 0 ? 14 + sixes * COMPACT_BYTES.v6 : 0) + 1;
    const answer = Buffer.allocUnsafe(bytes);
    const chance = tracker.chance();
    let end = HEAD_ROOM + answer.write(text, HEAD_ROOM, 'latin1');
    end = v4.pick(answer, end, isV4 ? place : -1, request.isSeeder, fours, chance);
    if (sixes > 0) {
      end += answer.write(`6:peers6${sixes * COMPACT_BYTES.v6}:`, end, 'latin1');
      end = v6.pick(answer, end, isV4 ? -1 : place, request.isSeeder, sixes, chance);
    }
    answer[end++] = END;
    return end === bytes ? answer : answer.subarray(0, end);
  }

  /** Peers as dictionaries, for clients that do not take compact ones. */
  private listAnswer(swarm: BittorrentSwarm, place: number, hosts: TorrentCounts): Buffer {
    const { request, tracker } = this;
    const peers: BencodeInput[] = [];
    for (const slots of [swarm.v4, swarm.v6]) {
      const own = slots.width === request.width ? place : -1;
      const wanted = request.event === EVENT.stopped ? 0 : request.numwant - peers.length;
      const count = slots.available(own, request.isSeeder, wanted);
      const compact = Buffer.alloc(Math.max(0, count) * slots.width);
      slots.pick(compact, 0, own, request.isSeeder, count, tracker.chance());
      for (let at = 0; at < compact.length; at += slots.width) {
        const key = compact.subarray(at, at + slots.width);
        const peer = new Map<string, BencodeInput>([
          ['ip', addressText(key.subarray(0, -2))],
          ['port', key.readUInt16BE(slots.width - 2)],
        ]);
        if (!request.noPeerId) peer.set('peer id', slots.peerIdOf(key) as Buffer);
        peers.push(peer);
      }
    }
    const answer = new Map<string, BencodeInput>([
      ['complete', hosts.complete + swarm.complete],
      ['downloaded', hosts.downloaded + swarm.downloaded],
      ['incomplete', hosts.incomplete + swarm.incomplete],
      ['interval', ANNOUNCE_INTERVAL_SECONDS],
      ['min interval', MIN_ANNOUNCE_INTERVAL_SECONDS],
      ['peers', peers],
    ]);
    return withRoom(bencode(answer));
  }

  private refused({ reason, retryInMinutes }: Refusal): Buffer {
    this.counters.refused++;
    const refusal = new Map<string, BencodeInput>([['failure reason', reason]]);
    if (retryInMinutes !== undefined) refusal.set('retry in', retryInMinutes);
    return withRoom(bencode(refusal));
  }
}

function withRoom(body: Uint8Array): Buffer {
  const answer = Buffer.allocUnsafe(HEAD_ROOM + body.length);
  answer.set(body, HEAD_ROOM);
  return answer;
}
