import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Logger } from '@pageswarm/observability';
import type { Endpoint } from '@pageswarm/primitives';
import { ANNOUNCE_INTERVAL_SECONDS, type BittorrentMeter, type BittorrentTracker } from './bittorrent.service.ts';
import { COMPACT_BYTES } from './bittorrent-swarm.ts';
import type { ConnectionIds } from './connection-ids.ts';
import { AnnounceRefusal, addressBytes } from './tracker-query.ts';
import {
  readUdpAnnounce,
  readUdpRequest,
  readUdpScrape,
  UDP_ACTION,
  UDP_PROTOCOL_ID,
  type UdpRequest,
  udpAnnounceAnswer,
  udpConnectAnswer,
  udpError,
  udpRoomFor,
  udpScrapeAnswer,
} from './udp-packet.ts';

const NOTHING_KNOWN = { complete: 0, downloaded: 0, incomplete: 0 };

/**
 * Announce and scrape over UDP (BEP 15). Whoever has not proved its address is never sent more bytes than it sent, so that
 * a forged address gains nothing; what is no request gets no answer.
 */
export class UdpTracker {
  private socket: Socket | undefined;

  /** @param endpoint where to listen; undefined for a tracker without UDP */
  constructor(
    private readonly endpoint: Endpoint | undefined,
    private readonly tracker: BittorrentTracker,
    private readonly connections: ConnectionIds,
    private readonly meter: BittorrentMeter,
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
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
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

  /** @returns undefined for what gets no answer */
  answer(packet: Buffer, remoteAddress: string): Buffer | undefined {
    const request = readUdpRequest(packet);
    const address = addressBytes(remoteAddress);
    if (!request || address === undefined) return this.ignored();
    const { action, transaction, connectionId } = request;
    if (action === UDP_ACTION.connect)
      return connectionId === UDP_PROTOCOL_ID ? udpConnectAnswer(transaction, this.connections.issue(address)) : this.ignored();
    if (!this.connections.isValid(connectionId, address)) {
      const refusal = udpError(transaction, 'connect first');
      return refusal.length > packet.length ? this.ignored() : refusal;
    }
    try {
      return this.proved(request, packet, address);
    } catch (error) {
      if (!(error instanceof AnnounceRefusal)) throw error;
      this.meter.announced('refused', 'udp');
      return udpError(transaction, error.message);
    }
  }

  /** What a client whose address is proved asks for. @throws AnnounceRefusal */
  private proved({ action, transaction }: UdpRequest, packet: Buffer, address: string): Buffer {
    if (action === UDP_ACTION.announce) {
      const family = address.length === 4 ? 'v4' : 'v6';
      const told = readUdpAnnounce(packet);
      const request = { ...told, numwant: Math.min(told.numwant, udpRoomFor(COMPACT_BYTES[family])) };
      const { record, peers } = this.tracker.take(request, address, family, 'udp');
      return udpAnnounceAnswer(transaction, ANNOUNCE_INTERVAL_SECONDS, this.tracker.countsOf(record), peers[family]);
    }
    if (action !== UDP_ACTION.scrape) throw new AnnounceRefusal('unknown action');
    const counts = readUdpScrape(packet).map((hash) => this.tracker.countsUnder(hash) ?? NOTHING_KNOWN);
    this.meter.scraped('udp');
    return udpScrapeAnswer(transaction, counts);
  }

  private receive(socket: Socket, packet: Buffer, { address, port }: RemoteInfo): void {
    const answer = this.answer(packet, address);
    // A sender whose port is 0 cannot be answered.
    if (answer && port !== 0)
      socket.send(answer, port, address, (error) => error && this.logger.debug({ err: error }, 'a UDP answer was not sent'));
  }

  private ignored(): undefined {
    this.meter.ignored();
  }
}
