import type { Clock } from '@pageswarm/primitives';

/** Announces that an address may send in a second, as long as no setting says otherwise. */
export const ANNOUNCES_PER_SECOND = 100;
/** Searches that an address may send in a second, as long as no setting says otherwise. */
export const SEARCHES_PER_SECOND = 20;
/** Who was silent for this long may send what that would have allowed at once, in seconds. */
export const RATE_BURST_SECONDS = 10;
/** The most addresses whose rates are known; the one that asked for the first time longest ago is forgotten for another. */
export const MAX_LIMITED_ADDRESSES = 65_536;
/** An IPv6 client has at least so many bytes of addresses to itself (RFC 6177), so they count as one. */
const IPV6_NETWORK_BYTES = 8;

const LOOPBACK_NETWORK = 127;

/** How often one address may ask. */
export interface RateLimit {
  /** 0 is without limit. */
  readonly perSecond: number;
  /** What comes from this machine is its operator's, or that of a proxy for everybody. */
  readonly sparesLoopback: boolean;
}

/** The limit of a setting: one that somebody chose is everybody's; the default is that of other machines. */
export function rateLimitOf(configured: number | undefined, perSecond: number): RateLimit {
  return configured === undefined ? { perSecond, sparesLoopback: true } : { perSecond: configured, sparesLoopback: false };
}

/** What one request costs, so that a millisecond brings a whole number of parts for a whole limit. */
const REQUEST_PARTS = 1_000;

interface Bucket {
  parts: number;
  at: number;
}

/** Says how long each address has to wait: a token bucket for each, of a size that {@link RATE_BURST_SECONDS} fill. */
export class RateLimiter {
  private readonly buckets = new Map<number | string, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly limit: RateLimit,
    private readonly most = MAX_LIMITED_ADDRESSES,
  ) {}

  /** Addresses whose rates are known. */
  get size(): number {
    return this.buckets.size;
  }

  /**
   * Counts one request.
   * @param address begins with 4 or 16 bytes, as `length` says
   * @returns for how many milliseconds it comes too early; 0 if it may pass
   */
  take(address: Buffer, length = address.length): number {
    const { perSecond, sparesLoopback } = this.limit;
    if (perSecond === 0 || (sparesLoopback && isLoopback(address, length))) return 0;
    const key = length === 4 ? address.readUInt32BE(0) : address.toString('latin1', 0, IPV6_NETWORK_BYTES);
    const now = this.clock.monotonic();
    const most = perSecond * RATE_BURST_SECONDS * REQUEST_PARTS;
    let bucket = this.buckets.get(key);
    if (!bucket) {
      bucket = { parts: most, at: now };
      this.makeRoom();
      this.buckets.set(key, bucket);
    }
    bucket.parts = Math.min(most, bucket.parts + (now - bucket.at) * perSecond);
    bucket.at = now;
    if (bucket.parts < REQUEST_PARTS) return Math.ceil((REQUEST_PARTS - bucket.parts) / perSecond);
    bucket.parts -= REQUEST_PARTS;
    return 0;
  }

  private makeRoom(): void {
    if (this.buckets.size < this.most) return;
    for (const oldest of this.buckets.keys()) {
      this.buckets.delete(oldest);
      return;
    }
  }
}

function isLoopback(address: Buffer, length: number): boolean {
  if (length === 4) return address[0] === LOOPBACK_NETWORK;
  for (let at = 0; at < 15; at++) if (address[at] !== 0) return false;
  return address[15] === 1;
}
