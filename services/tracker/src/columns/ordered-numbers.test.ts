import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ORDERED_BLOCK_ITEMS, OrderedNumbers } from './ordered-numbers.ts';

const descending = (a: number, b: number) => b - a;

describe('numbers in order', () => {
  it('are those of a sorted list, from any place in both directions, while they come and go', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(40)), { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(steps, fc.nat(41), (changes, place) => {
        const list = new OrderedNumbers(descending);
        const twin = new Set<number>();
        for (const [isAdded, item] of changes) {
          if (isAdded === twin.has(item)) continue;
          if (isAdded) list.add(item);
          else expect(list.delete(item)).toBe(true);
          if (isAdded) twin.add(item);
          else twin.delete(item);
        }
        const expected = [...twin].sort(descending);
        expect([...list.from()]).toEqual(expected);
        expect([...list.backFrom()]).toEqual(expected.toReversed());
        expect([...list.from((item) => item < place)]).toEqual(expected.filter((item) => item < place));
        expect([...list.backFrom((item) => item < place)]).toEqual(expected.filter((item) => item >= place).toReversed());
        expect(list.size).toBe(twin.size);
      }),
    );
  });

  it.each([
    ['as they follow each other', (n: number) => n],
    ['each before all others', (n: number) => 1e6 - n],
    ['from everywhere', (n: number) => (n * 7_919) % 100_003],
  ])('stay in order over many blocks, come %s', (_, at) => {
    const list = new OrderedNumbers(descending);
    const items = Array.from({ length: 20 * ORDERED_BLOCK_ITEMS }, (__, n) => at(n));
    for (const item of items) list.add(item);
    for (const item of items.slice(0, 5_000)) list.delete(item);
    expect([...list.from()]).toEqual(items.slice(5_000).sort(descending));
    expect(list.delete(items[0] as number)).toBe(false);
  });

  it('are those that were filled in without those that were left out or deleted meanwhile, and change on from there', async () => {
    const some = fc.uniqueArray(fc.nat(9_000), { minLength: 4_000, maxLength: 6_000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(some, fc.array(fc.nat(5_999), { maxLength: 50 }), async (items, gone) => {
        const sorted = items.toSorted(descending);
        const leftOut = new Set<number>();
        const list = new OrderedNumbers(descending);
        let turns = 0;
        const turn = async () => {
          turns++;
          for (const at of gone.splice(0, 10)) {
            const item = sorted[at % sorted.length] as number;
            leftOut.add(item);
            list.delete(item);
          }
        };
        // One of them stands where it does not belong.
        leftOut.add(sorted[0] as number);
        const astray = Uint32Array.from([...sorted.slice(1, 2_500), sorted[0] as number, ...sorted.slice(2_500)]);
        await list.fill(astray, turn, (item) => leftOut.has(item));
        const kept = sorted.filter((item) => !leftOut.has(item));
        expect(turns).toBeGreaterThan(0);
        expect(list.size).toBe(kept.length);
        expect([...list.from()]).toEqual(kept);
        for (const item of leftOut) list.add(item);
        expect([...list.from()]).toEqual(sorted);
      }),
      { numRuns: 20 },
    );
  });

  it('let others have their turn while very many are filled in', async () => {
    const list = new OrderedNumbers((a, b) => a - b);
    let turns = 0;
    await list.fill(
      Uint32Array.from({ length: 100 * ORDERED_BLOCK_ITEMS }, (_, n) => n),
      async () => void turns++,
    );
    expect(turns).toBeGreaterThanOrEqual(6);
    expect(list.size).toBe(100 * ORDERED_BLOCK_ITEMS);
  });

  it('stay in order when one comes between two full blocks', () => {
    const list = new OrderedNumbers(descending);
    const items = Array.from({ length: 3 * ORDERED_BLOCK_ITEMS }, (_, n) => 10 * (3 * ORDERED_BLOCK_ITEMS - n));
    for (const item of items) list.add(item);
    const between = (items[ORDERED_BLOCK_ITEMS] as number) + 5;
    list.add(between);
    expect([...list.from()]).toEqual([...items, between].sort(descending));
  });
});
