import { type AnnounceEvent, AnnounceRefusal, DEFAULT_NUMWANT, HASH_BYTES, MAX_NUMWANT, type SwarmAnnounce } from './tracker-query.ts';

/** What a connect request begins with (BEP 15). */
export const UDP_PROTOCOL_ID = 0x41727101980n;
/** What is asked for, and what an answer is (BEP 15). */
export const UDP_ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
/** The most torrents in one UDP scrape (BEP 15). */
export const MAX_UDP_SCRAPE_HASHES = 74;
/** The longest answer, in bytes: what every IPv6 link carries in one piece, without its headers. */
export const MAX_UDP_ANSWER_BYTES = 1_232;

/** Connection id, action and transaction id, which every request begins with. */
const REQUEST_HEADER_BYTES = 16;
const ANNOUNCE_BYTES = 98;
/** An announce answer before its peers. */
const ANNOUNCE_ANSWER_BYTES = 20;
const EVENTS: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped'];

/** What every request begins with. */
export interface UdpRequest {
  readonly connectionId: bigint;
  readonly action: number;
  readonly transaction: number;
}

/** The numbers of one torrent in an answer. */
export interface UdpCounts {
  readonly complete: number;
  readonly downloaded: number;
  readonly incomplete: number;
}

/** @returns undefined for what is too short to be answered */
export function readUdpRequest(packet: Buffer): UdpRequest | undefined {
  if (packet.length < REQUEST_HEADER_BYTES) return undefined;
  return { connectionId: packet.readBigUInt64BE(0), action: packet.readUInt32BE(8), transaction: packet.readUInt32BE(12) };
}

/**
 * The announce in a packet. The address that it may state is not read: it would let a client point others at somebody
 * else. What follows (BEP 41) is not read either.
 * @throws AnnounceRefusal
 */
export function readUdpAnnounce(packet: Buffer): SwarmAnnounce {
  if (packet.length < ANNOUNCE_BYTES) throw new AnnounceRefusal('announce too short');
  const port = packet.readUInt16BE(96);
  if (port === 0) throw new AnnounceRefusal('invalid port');
  const wanted = packet.readInt32BE(92);
  return {
    infoHash: packet.toString('hex', 16, 16 + HASH_BYTES),
    peerId: packet.toString('latin1', 36, 36 + HASH_BYTES),
    port,
    isSeeder: packet.readBigUInt64BE(64) === 0n,
    event: EVENTS[packet.readUInt32BE(80)] ?? 'none',
    numwant: wanted < 0 ? DEFAULT_NUMWANT : Math.min(wanted, MAX_NUMWANT),
  };
}

/** The hashes of a scrape in hex. @throws AnnounceRefusal */
export function readUdpScrape(packet: Buffer): string[] {
  const bytes = packet.length - REQUEST_HEADER_BYTES;
  if (bytes === 0 || bytes % HASH_BYTES !== 0) throw new AnnounceRefusal('invalid info_hash');
  if (bytes > MAX_UDP_SCRAPE_HASHES * HASH_BYTES) throw new AnnounceRefusal(`at most ${MAX_UDP_SCRAPE_HASHES} torrents in one scrape`);
  return Array.from({ length: bytes / HASH_BYTES }, (_, n) => {
    const start = REQUEST_HEADER_BYTES + n * HASH_BYTES;
    return packet.toString('hex', start, start + HASH_BYTES);
  });
}

export function udpConnectAnswer(transaction: number, connectionId: bigint): Buffer {
  const packet = answer(UDP_ACTION.connect, transaction, 16);
  packet.writeBigUInt64BE(connectionId, 8);
  return packet;
}

/** @param peers compact addresses of the asker's own family */
export function udpAnnounceAnswer(transaction: number, intervalSeconds: number, counts: UdpCounts, peers: Buffer): Buffer {
  const packet = answer(UDP_ACTION.announce, transaction, ANNOUNCE_ANSWER_BYTES + peers.length);
  packet.writeUInt32BE(intervalSeconds, 8);
  packet.writeUInt32BE(counts.incomplete, 12);
  packet.writeUInt32BE(counts.complete, 16);
  peers.copy(packet, ANNOUNCE_ANSWER_BYTES);
  return packet;
}

/** How many peers of so many bytes each an answer has room for. */
export function udpRoomFor(compactBytes: number): number {
  return Math.floor((MAX_UDP_ANSWER_BYTES - ANNOUNCE_ANSWER_BYTES) / compactBytes);
}

export function udpScrapeAnswer(transaction: number, all: readonly UdpCounts[]): Buffer {
  const packet = answer(UDP_ACTION.scrape, transaction, 8 + 12 * all.length);
  all.forEach(({ complete, downloaded, incomplete }, n) => {
    packet.writeUInt32BE(complete, 8 + 12 * n);
    packet.writeUInt32BE(downloaded, 12 + 12 * n);
    packet.writeUInt32BE(incomplete, 16 + 12 * n);
  });
  return packet;
}

export function udpError(transaction: number, reason: string): Buffer {
  return Buffer.concat([answer(UDP_ACTION.error, transaction, 8), Buffer.from(reason)]);
}

function answer(action: number, transaction: number, bytes: number): Buffer {
  const packet = Buffer.alloc(bytes);
  packet.writeUInt32BE(action, 0);
  packet.writeUInt32BE(transaction, 4);
  return packet;
}
