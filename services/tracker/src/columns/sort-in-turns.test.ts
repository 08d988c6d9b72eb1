import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SORTED_PER_TURN, sortInTurns } from './sort-in-turns.ts';

const descending = (a: number, b: number) => b - a;
const never = () => false;

describe('sorting in turns', () => {
  it('is sorting, whatever its keys decide and whoever is dropped while it goes on', async () => {
    const numbers = fc.uniqueArray(fc.nat(200), { maxLength: 100, size: 'max' });
    await fc.assert(
      fc.asyncProperty(
        numbers,
        fc.array(fc.nat(200), { maxLength: 20, size: 'max' }),
        fc.integer({ min: 1, max: 50 }),
        async (all, gone, grain) => {
          const dropped = new Set<number>();
          const places = new Map(all.map((item) => [item, item]));
          let [asked, askedBefore] = [0, -1];
          const isDropped = (item: number) => {
            // One more falls out every now and then, and stands nowhere from then on; not one that is just being compared.
            if (++asked % 7 === 0) {
              const next = gone[dropped.size];
              if (next !== undefined && next !== askedBefore) {
                dropped.add(next);
                places.set(next, (next * 7_919) % 203);
              }
            }
            askedBefore = item;
            return dropped.has(item);
          };
          const keys = {
            keyOf: (item: number) => -Math.floor(item / grain),
            compare: (a: number, b: number) => descending(places.get(a) as number, places.get(b) as number),
          };
          const sorted = await sortInTurns(Uint32Array.from(all), keys, isDropped, async () => {});
          expect([...sorted].filter((item) => !dropped.has(item))).toEqual(all.filter((item) => !dropped.has(item)).sort(descending));
        },
      ),
      { examples: [[[161, 126, 158, 123, 160, 124, 159, 125], [0, 1, 2, 158], 41]] },
    );
  });

  it.each([
    // Each comparison halves what is left to decide, each pass goes by eleven bits of a key.
    ['comparisons decide', () => 0, 4 * 14],
    ['keys decide', (item: number) => -item, 4 * 4],
    ['keys decide most', (item: number) => -Math.floor(item / 3), 4 * 4],
  ])('lets others have their turn where %s', async (_, keyOf, least) => {
    let turns = 0;
    let longest = 0;
    let steps = 0;
    const step = (answer: number) => {
      longest = Math.max(longest, ++steps);
      return answer;
    };
    const items = Uint32Array.from({ length: 4 * SORTED_PER_TURN }, (_, n) => (n * 7_919) % 100_003);
    const keys = { keyOf: (item: number) => step(keyOf(item)), compare: (a: number, b: number) => step(descending(a, b)) };
    const sorted = await sortInTurns(items.slice(), keys, never, async () => {
      turns++;
      steps = 0;
    });
    expect([...sorted]).toEqual([...items].sort(descending));
    expect(turns).toBeGreaterThanOrEqual(least);
    expect(longest).toBeLessThanOrEqual(2 * SORTED_PER_TURN);
  });

  it('goes by keys of either sign, whole or not, very large and very small', async () => {
    const key = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(0, -0, 1e300, -1e300, 5e-324));
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 60 }), async (values) => {
        const keys = { keyOf: (item: number) => values[item] as number, compare: (a: number, b: number) => a - b };
        const sorted = await sortInTurns(
          Uint32Array.from(values, (_, n) => values.length - 1 - n),
          keys,
          never,
          async () => {},
        );
        const order = (a: number, b: number) => Number(keys.keyOf(a) > keys.keyOf(b)) - Number(keys.keyOf(a) < keys.keyOf(b)) || a - b;
        expect([...sorted]).toEqual(values.map((_, n) => n).sort(order));
      }),
    );
  });
});
