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
          let asked = 0;
          const isDropped = (item: number) => {
            // One more falls out every now and then, and stands nowhere from then on.
            if (++asked % 7 === 0) {
              const next = gone[dropped.size];
              if (next !== undefined) {
                dropped.add(next);
                places.set(next, (next * 7_919) % 203);
              }
            }
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
    );
  });

  it('lets others have their turn', async () => {
    let turns = 0;
    const items = Uint32Array.from({ length: 4 * SORTED_PER_TURN }, (_, n) => (n * 7_919) % 100_003);
    const keys = { keyOf: (item: number) => -item, compare: descending };
    const sorted = await sortInTurns(items.slice(), keys, never, async () => void turns++);
    expect([...sorted]).toEqual([...items].sort(descending));
    expect(turns).toBeGreaterThanOrEqual(4 * Math.log2(items.length));
  });
});
