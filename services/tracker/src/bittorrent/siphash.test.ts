import { describe, expect, it } from '@jest/globals';
import { SipHash } from './siphash.ts';

describe('SipHash-2-4', () => {
  // The key 00..0f and the messages 00..n of the reference implementation, whose results are written lowest byte first.
  it.each([
    [0, '726fdb47dd0e0e31'],
    [1, '74f839c593dc67fd'],
    [8, '93f5f5799a932462'],
    [15, 'a129ca6149be45e5'],
  ])('of %i bytes is that of the reference', (length, expected) => {
    const counting = Buffer.from(Array.from({ length: 16 }, (_, n) => n));
    const hash = new SipHash(counting);
    hash.hash(counting, length);
    const hex = (half: number) => half.toString(16).padStart(8, '0');
    expect(hex(hash.high) + hex(hash.low)).toBe(expected);
  });
});
