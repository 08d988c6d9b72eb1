import { describe, expect, it } from '@jest/globals';
import { addressBytes, ManualClock } from '@pageswarm/primitives';
import { MAX_LIMITED_ADDRESSES, RATE_BURST_SECONDS, RateLimiter, rateLimitOf } from './rate-limiter.ts';

const bytes = (text: string) => addressBytes(text) as Buffer;

function limiter(perSecond: number, { configured = true, most }: { configured?: boolean; most?: number } = {}) {
  const clock = new ManualClock();
  const limits = new RateLimiter(clock, rateLimitOf(configured ? perSecond : undefined, perSecond), most);
  const passed = (address: string, times: number) =>
    Array.from({ length: times }, () => limits.take(bytes(address))).filter((wait) => wait === 0).length;
  return { clock, limits, passed };
}

describe('a rate limit', () => {
  it('lets an address ask a burst at once, then as often as the limit says', () => {
    const { clock, limits, passed } = limiter(2);
    expect(passed('10.0.0.1', 100)).toBe(2 * RATE_BURST_SECONDS);
    expect(limits.take(bytes('10.0.0.1'))).toBe(500);
    clock.advance(499);
    expect(limits.take(bytes('10.0.0.1'))).toBe(1);
    clock.advance(1);
    expect(passed('10.0.0.1', 5)).toBe(1);
    clock.advance(1_000);
    expect(passed('10.0.0.1', 5)).toBe(2);
  });

  it('counts each address for itself, and one IPv6 network as one', () => {
    const { passed } = limiter(1);
    for (const address of ['10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8:0:1::1']) expect(passed(address, 100)).toBe(RATE_BURST_SECONDS);
    expect(passed('2001:db8::ffff:1', 1)).toBe(0);
  });

  it('spares this machine unless somebody chose the limit', () => {
    expect([limiter(1, { configured: false }).passed('127.0.0.9', 50), limiter(1, { configured: false }).passed('::1', 50)]).toEqual([
      50, 50,
    ]);
    expect(limiter(1, { configured: false }).passed('10.0.0.1', 50)).toBe(RATE_BURST_SECONDS);
    expect(limiter(1).passed('127.0.0.1', 50)).toBe(RATE_BURST_SECONDS);
    expect(limiter(0).passed('10.0.0.1', 50)).toBe(50);
  });

  it('remembers a limited number of addresses', () => {
    expect(new RateLimiter(new ManualClock(), rateLimitOf(1, 1))).toHaveProperty('most', MAX_LIMITED_ADDRESSES);
    const { limits, passed } = limiter(1, { most: 2 });
    for (const n of [1, 2, 3]) passed(`10.0.0.${n}`, RATE_BURST_SECONDS);
    expect(limits.size).toBe(2);
    expect([passed('10.0.0.3', 1), passed('10.0.0.1', 1)]).toEqual([0, 1]);
  });
});
