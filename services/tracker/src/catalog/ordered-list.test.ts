import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_ITEMS, OrderedList } from './ordered-list.ts';

const ascending = (a: number, b: number) => a - b;

describe('an ordered list', () => {
  it('keeps more items than blocks hold in order, whichever order they come in', () => {
    const list = new OrderedList(ascending);
    const count = BLOCK_ITEMS * 5;
    for (let i = 0; i < count; i++) list.add((i * 7919) % count);
    expect([...list.from()]).toEqual(Array.from({ length: count }, (_, i) => i));
    expect([...list.from((item) => item > count - 4)]).toEqual([count - 3, count - 2, count - 1]);
  });

  it('behaves as a sorted array does', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 300 });
    fc.assert(
      fc.property(steps, fc.nat(41), (changes, after) => {
        const list = new OrderedList(ascending);
        const twin = new Set<number>();
        for (const [isAdded, item] of changes) {
          if (!isAdded) expect(list.delete(item)).toBe(twin.delete(item));
          else if (!twin.has(item)) {
            list.add(item);
            twin.add(item);
          }
        }
        const sorted = [...twin].sort(ascending);
        expect(list.size).toBe(sorted.length);
        expect([...list.from()]).toEqual(sorted);
        expect([...list.from((item) => item > after)]).toEqual(sorted.filter((item) => item > after));
      }),
    );
  });
});
