// Requests of a UDP client as they go over the wire (BEP 15), written without the tracker's own code.
import { addressBytes } from '@pageswarm/primitives';
import { MAX_UDP_ANSWER_BYTES } from './udp-packet.ts';
import type { UdpTracker } from './udp-tracker.ts';

export function connectPacket(transaction: number, protocol = 0x41727101980n): Buffer {
  const packet = Buffer.alloc(16);
  packet.writeBigUInt64BE(protocol, 0);
  packet.writeUInt32BE(transaction, 12);
  return packet;
}

export interface AnnounceSample {
  readonly hash: string;
  readonly port: number;
  readonly left?: bigint;
  readonly event?: number;
  readonly numwant?: number;
}

export function announcePacket(
  id: bigint,
  transaction: number,
  { hash, port, left = 9n, event = 2, numwant = -1 }: AnnounceSample,
): Buffer {
  const packet = Buffer.alloc(98);
  packet.writeBigUInt64BE(id, 0);
  packet.writeUInt32BE(1, 8);
  packet.writeUInt32BE(transaction, 12);
  packet.write(hash, 16, 20, 'hex');
  packet.write(`-TT0000-${String(port).padStart(12, '0')}`, 36, 'latin1');
  packet.writeBigUInt64BE(left, 64);
  packet.writeUInt32BE(event, 80);
  packet.writeUInt32BE(0x7f000001, 84);
  packet.writeInt32BE(numwant, 92);
  packet.writeUInt16BE(port, 96);
  return packet;
}

export function scrapePacket(id: bigint, transaction: number, hashes: readonly string[]): Buffer {
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(id, 0);
  head.writeUInt32BE(2, 8);
  head.writeUInt32BE(transaction, 12);
  return Buffer.concat([head, ...hashes.map((hash) => Buffer.from(hash, 'hex').subarray(0, 20))]);
}

/** What a tracker answers to a packet from an address; undefined when it answers nothing. */
export function udpAnswer(tracker: UdpTracker, packet: Buffer, from: string): Buffer | undefined {
  const out = Buffer.alloc(MAX_UDP_ANSWER_BYTES);
  const length = tracker.answer(packet, addressBytes(from) as Buffer, out);
  return length === 0 ? undefined : out.subarray(0, length);
}
