import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomInteger, SeededRandom, shuffled } from './random.ts';

function take(seed: number, count: number): number[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
}

describe('chance', () => {
  it('repeats itself for a seed and differs for another', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(take(seed, 20)).toEqual(take(seed, 20));
        expect(take(seed, 20)).not.toEqual(take(seed + 1, 20));
      }),
    );
  });

  it('is the published generator: the same numbers on every machine and in every version', () => {
    expect(take(1, 4).map((value) => value * 2 ** 32)).toEqual([2_693_262_067, 11_749_833, 2_265_367_787, 4_213_581_821]);
  });

  it('gives whole numbers of the whole range and none outside, evenly', () => {
    const random = new SeededRandom(7);
    const counts = new Array<number>(6).fill(0);
    for (let roll = 0; roll < 60_000; roll++) {
      const index = randomInteger(random, 10, 16) - 10;
      counts[index] = (counts[index] ?? Number.NaN) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('shuffles without losing or repeating, leaves the original alone, and every order is as likely', () => {
    const items = ['a', 'b', 'c'] as const;
    const random = new SeededRandom(11);
    const orders = new Map<string, number>();
    for (let turn = 0; turn < 12_000; turn++) {
      const order = shuffled(random, items).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(items).toEqual(['a', 'b', 'c']);
    expect([...orders.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    for (const count of orders.values()) expect(Math.abs(count - 2_000)).toBeLessThan(250);
    expect(shuffled(random, [])).toEqual([]);
  });
});
