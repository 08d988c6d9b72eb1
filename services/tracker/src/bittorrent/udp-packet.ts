import { ANNOUNCE_EVENTS, type Announce, copyFew, DEFAULT_NUMWANT, EVENT, HASH_BYTES, MAX_NUMWANT, type Refusal } from './announce.ts';

/** What is asked for, and what an answer is (BEP 15). */
export const UDP_ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
/** The most torrents in one UDP scrape (BEP 15). */
export const MAX_UDP_SCRAPE_HASHES = 74;
/** The longest answer, in bytes: what every IPv6 link carries in one piece, without its headers. */
export const MAX_UDP_ANSWER_BYTES = 1_232;

/** Bytes of the parts of packets (BEP 15). */
export const UDP_BYTES = {
  /** Connection id, action and transaction id, which every request begins with. */
  requestHead: 16,
  /** An announce answer before its peers. */
  announceAnswer: 20,
  /** A scrape answer before its torrents, and each of them. */
  scrapeHead: 8,
  scraped: 12,
} as const;

/** What a connect request begins with (BEP 15), in two halves. */
const PROTOCOL_ID = { high: 0x417, low: 0x27101980 } as const;
const ANNOUNCE_BYTES = 98;

const TOO_SHORT: Refusal = { reason: 'announce too short' };
const NO_PORT: Refusal = { reason: 'invalid port' };
const NO_HASH: Refusal = { reason: 'invalid info_hash' };
const TOO_MANY: Refusal = { reason: `at most ${MAX_UDP_SCRAPE_HASHES} torrents in one scrape` };

export function isConnectRequest(packet: Buffer): boolean {
  return packet.readUInt32BE(0) === PROTOCOL_ID.high && packet.readUInt32BE(4) === PROTOCOL_ID.low;
}

/**
 * Reads the announce in a packet into `request`. The address that it may state is not read: it would let a client point
 * others at somebody else. What follows (BEP 41) is not read either.
 * @returns what is wrong with it
 */
export function readUdpAnnounce(packet: Buffer, request: Announce): Refusal | undefined {
  if (packet.length < ANNOUNCE_BYTES) return TOO_SHORT;
  const port = packet.readUInt16BE(96);
  if (port === 0) return NO_PORT;
  copyFew(packet, 16, request.infoHash, 0, HASH_BYTES);
  copyFew(packet, 36, request.peerId, 0, HASH_BYTES);
  request.setPort(port);
  request.isSeeder = packet.readUInt32BE(64) === 0 && packet.readUInt32BE(68) === 0;
  const event = packet.readUInt32BE(80);
  request.event = event < ANNOUNCE_EVENTS.length ? event : EVENT.none;
  const wanted = packet.readInt32BE(92);
  request.numwant = wanted < 0 ? DEFAULT_NUMWANT : Math.min(wanted, MAX_NUMWANT);
  return undefined;
}

/** How many peers of so many bytes each an answer has room for. */
export function udpRoomFor(compactBytes: number): number {
  return Math.floor((MAX_UDP_ANSWER_BYTES - UDP_BYTES.announceAnswer) / compactBytes);
}

/** How many hashes a scrape holds, or what is wrong with it. */
export function udpScrapeHashes(packet: Buffer): number | Refusal {
  const bytes = packet.length - UDP_BYTES.requestHead;
  if (bytes === 0 || bytes % HASH_BYTES !== 0) return NO_HASH;
  return bytes > MAX_UDP_SCRAPE_HASHES * HASH_BYTES ? TOO_MANY : bytes / HASH_BYTES;
}

export function udpScrapeHash(packet: Buffer, n: number): Buffer {
  const start = UDP_BYTES.requestHead + n * HASH_BYTES;
  return packet.subarray(start, start + HASH_BYTES);
}
