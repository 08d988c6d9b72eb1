import { DatagramServer } from '@pageswarm/datagrams';
import type { Logger } from '@pageswarm/observability';
import type { Endpoint } from '@pageswarm/primitives';
import { Announce, COMPACT_BYTES, copyFew, EVENT, type Refusal } from './announce.ts';
import { ANNOUNCE_INTERVAL_SECONDS, type BittorrentTracker, isRefusal } from './bittorrent.service.ts';
import type { ProtocolCounters } from './bittorrent-counters.ts';
import type { ConnectionIds } from './connection-ids.ts';
import {
  isConnectRequest,
  MAX_UDP_ANSWER_BYTES,
  readUdpAnnounce,
  UDP_ACTION,
  UDP_BYTES,
  udpRoomFor,
  udpScrapeHash,
  udpScrapeHashes,
} from './udp-packet.ts';

const CONNECT_FIRST: Refusal = { reason: 'connect first' };
const UNKNOWN_ACTION: Refusal = { reason: 'unknown action' };

/**
 * Announce and scrape over UDP (BEP 15). Whoever has not proved its address is never sent more bytes than it sent, so that
 * a forged address gains nothing; what is no request gets no answer.
 */
export class UdpTracker {
  private server: DatagramServer | undefined;
  private readonly request = new Announce();
  /** Where the answer of the moment goes. */
  private out: Buffer = Buffer.alloc(0);

  /** @param endpoint where to listen; undefined for a tracker without UDP */
  constructor(
    private readonly endpoint: Endpoint | undefined,
    private readonly tracker: BittorrentTracker,
    private readonly connections: ConnectionIds,
    private readonly counters: ProtocolCounters,
    private readonly logger: Logger,
  ) {}

  /** The port that it listens on; undefined while it does not. */
  get port(): number | undefined {
    return this.server?.port;
  }

  /** @throws when the port is taken */
  async start(): Promise<void> {
    if (!this.endpoint) return;
    const server = new DatagramServer(this.endpoint, {
      answer: (packet, sender, answer) => this.answer(packet, sender, answer),
      maxAnswerBytes: MAX_UDP_ANSWER_BYTES,
      onError: (error) => this.logger.warn({ err: error }, 'the UDP socket of the tracker failed'),
    });
    await server.start();
    this.server = server;
    this.logger.info({ udp: { ...this.endpoint, port: server.port }, batches: server.takesBatches }, 'UDP announces are answered');
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await server?.stop();
  }

  /**
   * Answers what came from an address of 4 or 16 bytes.
   * @param out room for {@link MAX_UDP_ANSWER_BYTES}
   * @returns how many bytes of `out` the answer has; 0 for what gets none
   */
  answer(packet: Buffer, address: Buffer, out: Buffer): number {
    if (packet.length < UDP_BYTES.requestHead) return this.ignored();
    this.out = out;
    copyFew(packet, 12, out, 4, 4);
    const action = packet.readUInt32BE(8);
    if (action === UDP_ACTION.connect) {
      if (!isConnectRequest(packet)) return this.ignored();
      out.writeUInt32BE(UDP_ACTION.connect, 0);
      this.connections.issue(address, out, 8);
      return 16;
    }
    if (!this.connections.isValid(packet, address)) {
      const length = this.error(CONNECT_FIRST);
      return length > packet.length ? this.ignored() : length;
    }
    if (action === UDP_ACTION.announce) return this.announce(packet, address);
    return action === UDP_ACTION.scrape ? this.scrape(packet) : this.refused(UNKNOWN_ACTION);
  }

  private announce(packet: Buffer, address: Buffer): number {
    const { request, tracker, out, counters } = this;
    request.setSender(address);
    const refusal = readUdpAnnounce(packet, request);
    if (refusal) return this.refused(refusal);
    const swarm = tracker.swarmFor(request);
    if (isRefusal(swarm)) return this.refused(swarm);
    const place = tracker.take(swarm, request);
    counters.announces[request.event] = (counters.announces[request.event] as number) + 1;
    const hosts = tracker.hostsOf(swarm);
    // Peers of the asker's own family, for the answer does not say which it holds.
    const slots = request.width === COMPACT_BYTES.v4 ? swarm.v4 : swarm.v6;
    const wanted = request.event === EVENT.stopped ? 0 : Math.min(request.numwant, udpRoomFor(request.width));
    const count = slots.available(place, request.isSeeder, wanted);
    out.writeUInt32BE(UDP_ACTION.announce, 0);
    out.writeUInt32BE(ANNOUNCE_INTERVAL_SECONDS, 8);
    out.writeUInt32BE(hosts.incomplete + swarm.incomplete, 12);
    out.writeUInt32BE(hosts.complete + swarm.complete, 16);
    return slots.pick(out, UDP_BYTES.announceAnswer, place, request.isSeeder, count, tracker.chance());
  }

  private scrape(packet: Buffer): number {
    const hashes = udpScrapeHashes(packet);
    if (typeof hashes !== 'number') return this.refused(hashes);
    const { out } = this;
    out.writeUInt32BE(UDP_ACTION.scrape, 0);
    let end = UDP_BYTES.scrapeHead;
    for (let n = 0; n < hashes; n++, end += UDP_BYTES.scraped) {
      const counts = this.tracker.countsUnder(udpScrapeHash(packet, n));
      out.writeUInt32BE(counts?.complete ?? 0, end);
      out.writeUInt32BE(counts?.downloaded ?? 0, end + 4);
      out.writeUInt32BE(counts?.incomplete ?? 0, end + 8);
    }
    this.counters.scrapes++;
    return end;
  }

  private refused(refusal: Refusal): number {
    this.counters.refused++;
    return this.error(refusal);
  }

  private error({ reason }: Refusal): number {
    this.out.writeUInt32BE(UDP_ACTION.error, 0);
    return 8 + this.out.write(reason, 8, 'latin1');
  }

  private ignored(): 0 {
    this.counters.ignored++;
    return 0;
  }
}
