import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '@pageswarm/primitives';

/** How long one connection id is given out, in milliseconds. */
export const CONNECTION_ID_WINDOW_MS = 60_000;
/** For how many further windows it is taken: an id is good for at least two minutes (BEP 15) and at most three. */
export const CONNECTION_ID_WINDOWS = 2;

/**
 * Connection ids of UDP clients (BEP 15), which prove that a client receives at the address that it sends from. Nothing
 * is remembered: an id is a keyed hash of the address and the time, and the key lives as long as the process.
 */
export class ConnectionIds {
  private readonly key = randomBytes(32);

  constructor(private readonly clock: Clock) {}

  /** @param address the bytes of an address in latin1 */
  issue(address: string): bigint {
    return this.idIn(this.window, address);
  }

  isValid(id: bigint, address: string): boolean {
    for (let age = 0; age <= CONNECTION_ID_WINDOWS; age++) if (this.idIn(this.window - age, address) === id) return true;
    return false;
  }

  private get window(): number {
    return Math.floor(this.clock.monotonic() / CONNECTION_ID_WINDOW_MS);
  }

  private idIn(window: number, address: string): bigint {
    return createHmac('sha256', this.key).update(`${window} `).update(address, 'latin1').digest().readBigUInt64BE(0);
  }
}
