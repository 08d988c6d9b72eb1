import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LONGEST_VARINT, VarintReader, writeVarint } from './varint.ts';

const whole = fc.oneof(fc.nat(300), fc.maxSafeNat(), fc.nat(0xffff_ffff));

describe('whole numbers as bytes', () => {
  it('come back one after the other', () => {
    fc.assert(
      fc.property(fc.array(whole), (numbers) => {
        const bytes = new Uint8Array(numbers.length * LONGEST_VARINT);
        let end = 0;
        for (const number of numbers) end = writeVarint(bytes, end, number);
        const reader = new VarintReader(bytes);
        expect(numbers.map(() => reader.next())).toEqual(numbers);
        expect(reader.at).toBe(end);
      }),
    );
  });

  it('take one byte below 128, and the stated most for the largest', () => {
    const bytes = new Uint8Array(16);
    expect([0, 127, 128, Number.MAX_SAFE_INTEGER].map((number) => writeVarint(bytes, 0, number))).toEqual([1, 1, 2, LONGEST_VARINT]);
  });
});
