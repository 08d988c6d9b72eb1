import { randomBytes } from 'node:crypto';
import type { Clock } from '@pageswarm/primitives';
import { SipHash } from './siphash.ts';

/** How long one connection id is given out, in milliseconds. */
export const CONNECTION_ID_WINDOW_MS = 60_000;
/** For how many further windows it is taken: an id is good for at least two minutes (BEP 15) and at most three. */
export const CONNECTION_ID_WINDOWS = 2;

/** The number of the window, and an address. */
const MESSAGE_BYTES = 4 + 16;

/**
 * Connection ids of UDP clients (BEP 15), which prove that a client receives at the address that it sends from. Nothing
 * is remembered: an id is a keyed hash of the address and the time, and the key lives as long as the process.
 */
export class ConnectionIds {
  private readonly hash = new SipHash(randomBytes(16));
  private readonly message = Buffer.alloc(MESSAGE_BYTES);

  constructor(private readonly clock: Clock) {}

  /** Writes the id for an address of 4 or 16 bytes. */
  issue(address: Uint8Array, into: Buffer, offset: number): void {
    this.hashIn(this.window, address);
    into.writeUInt32BE(this.hash.high, offset);
    into.writeUInt32BE(this.hash.low, offset + 4);
  }

  isValid(packet: Buffer, address: Uint8Array): boolean {
    const high = packet.readUInt32BE(0);
    const low = packet.readUInt32BE(4);
    const { window, hash } = this;
    for (let age = 0; age <= CONNECTION_ID_WINDOWS; age++) {
      this.hashIn(window - age, address);
      if (hash.high === high && hash.low === low) return true;
    }
    return false;
  }

  private get window(): number {
    return Math.floor(this.clock.monotonic() / CONNECTION_ID_WINDOW_MS);
  }

  private hashIn(window: number, address: Uint8Array): void {
    const { message } = this;
    message.writeInt32LE(window, 0);
    for (let at = 0; at < address.length; at++) message[4 + at] = address[at] as number;
    this.hash.hash(message, 4 + address.length);
  }
}
