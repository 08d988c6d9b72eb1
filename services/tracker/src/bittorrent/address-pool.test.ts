import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AddressPool } from './address-pool.ts';

function picked(pool: AddressPool, count: number, from: number, except = ''): string[] {
  return pool.pick(count, from, except).toString('latin1').match(/../gs) ?? [];
}

describe('a pool of addresses', () => {
  it('answers a stretch from any place, around the end, without the asker', () => {
    const pool = new AddressPool(2);
    for (const key of ['aa', 'bb', 'cc', 'dd', 'ee']) pool.add(key);
    expect(picked(pool, 3, 3)).toEqual(['dd', 'ee', 'aa']);
    expect(picked(pool, 3, 3, 'ee')).toEqual(['dd', 'aa', 'bb']);
    expect(picked(pool, 9, 7, 'aa')).toEqual(['cc', 'dd', 'ee', 'bb']);
    expect(picked(new AddressPool(2), 3, 1)).toEqual([]);
  });

  it('holds what a set would hold, and never repeats one in an answer', () => {
    const key = fc.constantFrom('aa', 'bb', 'cc', 'dd', 'ee', 'ff', 'gg', 'hh', 'ii');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key)), fc.nat(12), fc.nat(20), key, (steps, count, from, except) => {
        const pool = new AddressPool(2);
        const twin = new Set<string>();
        for (const [isAdded, one] of steps) {
          if (isAdded) {
            pool.add(one);
            twin.add(one);
          } else {
            pool.delete(one);
            twin.delete(one);
          }
        }
        expect(picked(pool, 99, from).sort()).toEqual([...twin].sort());
        twin.delete(except);
        const some = picked(pool, count, from, except);
        expect(new Set(some).size).toBe(Math.min(count, twin.size));
        expect(some.every((one) => twin.has(one))).toBe(true);
      }),
    );
  });
});
