import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Logger } from '@pageswarm/observability';
import type { Endpoint } from '@pageswarm/primitives';
import { Announce, COMPACT_BYTES, copyFew, EVENT, type Refusal } from './announce.ts';
import { ANNOUNCE_INTERVAL_SECONDS, type BittorrentTracker, isRefusal } from './bittorrent.service.ts';
import type { ProtocolCounters } from './bittorrent-counters.ts';
import { addressBytes } from './client-address.ts';
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
 * a forged address gains nothing; what is no request gets no answer. All answers are written into one buffer.
 */
export class UdpTracker {
  private socket: Socket | undefined;
  private readonly request = new Announce();
  private out = Buffer.alloc(MAX_UDP_ANSWER_BYTES);
  /** Beginnings of `out` by their length, for there are few lengths and each view costs as much as an answer's peers. */
  private beginnings: (Buffer | undefined)[] = [];
  /** The address that was read last: clients ask several times in a row. */
  private sender: { readonly text: string; readonly bytes: Buffer | undefined } = { text: '', bytes: undefined };

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
    return this.socket?.address().port;
  }

  /** @throws when the port is taken */
  async start(): Promise<void> {
    if (!this.endpoint) return;
    const { host, port } = this.endpoint;
    const type = host.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({
      type,
      // Answers go to addresses, never to names. Looking one up would cost a turn of the event loop.
      lookup: (address, _, found) => found(null, address, type === 'udp6' ? 6 : 4),
    });
    const listening = once(socket, 'listening');
    socket.bind(port, host);
    await listening;
    socket.on('error', (error) => this.logger.warn({ err: error }, 'the UDP socket of the tracker failed'));
    socket.on('message', (packet, from) => this.receive(socket, packet, from));
    this.socket = socket;
    this.logger.info({ udp: socket.address() }, 'UDP announces are answered');
  }

  async stop(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** @returns a view into the one buffer, good until the next answer; undefined for what gets none */
  answer(packet: Buffer, remoteAddress: string): Buffer | undefined {
    const length = this.write(packet, remoteAddress);
    return length === 0 ? undefined : this.beginning(length);
  }

  /** @returns how many bytes the answer in `out` has; 0 for what gets none */
  private write(packet: Buffer, remoteAddress: string): number {
    const address = this.bytesOf(remoteAddress);
    if (packet.length < UDP_BYTES.requestHead || !address) return this.ignored();
    const { out } = this;
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

  private bytesOf(text: string): Buffer | undefined {
    if (text !== this.sender.text) this.sender = { text, bytes: addressBytes(text) };
    return this.sender.bytes;
  }

  private receive(socket: Socket, packet: Buffer, { address, port }: RemoteInfo): void {
    const length = this.write(packet, address);
    // A sender whose port is 0 cannot be answered.
    if (length === 0 || port === 0) return;
    socket.send(this.beginning(length), port, address);
    // An answer that the system did not take at once is sent later, out of this buffer: the next one needs another.
    if (socket.getSendQueueCount() === 0) return;
    this.out = Buffer.alloc(MAX_UDP_ANSWER_BYTES);
    this.beginnings = [];
  }

  private beginning(length: number): Buffer {
    this.beginnings[length] ??= this.out.subarray(0, length);
    return this.beginnings[length];
  }
}
