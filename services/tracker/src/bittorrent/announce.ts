/** Bytes of an info-hash (v1, or v2 cut) and of a peer id (BEP 3, 52). */
export const HASH_BYTES = 20;
/** Copies a few bytes. For so few a loop costs a fraction of `Buffer.copy`, which makes a view of its source first. */
export function copyFew(from: Uint8Array, start: number, into: Uint8Array, at: number, length: number): void {
  for (let n = 0; n < length; n++) into[at + n] = from[start + n] as number;
}

/** The most peers in one answer, and how many there are if the client does not say. */
export const MAX_NUMWANT = 100;
export const DEFAULT_NUMWANT = 50;
/** Bytes of a compact IPv4 and IPv6 address with its port (BEP 23, BEP 7). */
export const COMPACT_BYTES = { v4: 6, v6: 18 } as const;

/** What a client says has happened, by its number in BEP 15. */
export const ANNOUNCE_EVENTS = ['none', 'completed', 'started', 'stopped'] as const;
export const EVENT = { none: 0, completed: 1, started: 2, stopped: 3 } as const;

/**
 * What a BitTorrent client says of itself, whichever way it announces. There is one of these for each way in, written
 * anew for each announce, so that an announce leaves nothing for the collector.
 */
export class Announce {
  readonly infoHash = Buffer.alloc(HASH_BYTES);
  readonly peerId = Buffer.alloc(HASH_BYTES);
  /** The client's own compact address: {@link setSender} writes the address, {@link setPort} the port. */
  readonly key = Buffer.alloc(COMPACT_BYTES.v6);
  /** How much of `key` counts. */
  width: number = COMPACT_BYTES.v4;
  isSeeder = false;
  /** One of {@link EVENT}. */
  event = 0;
  numwant = DEFAULT_NUMWANT;
  compact = true;
  noPeerId = false;

  /** @param address 4 or 16 bytes */
  setSender(address: Buffer): void {
    copyFew(address, 0, this.key, 0, address.length);
    this.width = address.length + 2;
  }

  setPort(port: number): void {
    this.key[this.width - 2] = port >> 8;
    this.key[this.width - 1] = port & 0xff;
  }
}

/** Why an announce or scrape is not answered with peers; the client shows it to its user (`failure reason`). */
export interface Refusal {
  readonly reason: string;
  /** After how many minutes to try again (BEP 31); undefined if trying again will not help. */
  readonly retryInMinutes?: number;
}
