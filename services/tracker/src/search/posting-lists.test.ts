import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NumberBuffer, PostingLists } from './posting-lists.ts';
import { PostingSort } from './posting-sort.ts';

function read(lists: PostingLists, list: number): number[] {
  const buffer = new NumberBuffer();
  lists.read(list, buffer);
  return [...buffer.items.subarray(0, buffer.length)];
}

/** The same a part at a time, and how many parts there were. */
function readParts(lists: PostingLists, list: number): { readonly numbers: number[]; readonly parts: number } {
  const buffer = new NumberBuffer();
  const numbers: number[] = [];
  let parts = 0;
  for (let part = -1; part !== 0; parts++) {
    buffer.length = 0;
    part = lists.readPart(list, Math.max(0, part), buffer);
    numbers.push(...buffer.items.subarray(0, buffer.length));
  }
  return { numbers, parts };
}

const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);

describe('lists of postings', () => {
  it('have what sets have, in order, while numbers come and go', () => {
    const number = fc.oneof(fc.nat(12), fc.nat(700), fc.nat(0xffff_ffff));
    const run = fc.record({ list: fc.nat(2), isAdded: fc.boolean(), first: number, step: fc.nat(3), count: fc.nat(150) });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 25, size: 'max' }), (runs) => {
        const lists = new PostingLists();
        const twins = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const { list, isAdded, first, step, count } of runs) {
          const twin = twins[list] as Set<number>;
          for (let n = 0; n < count; n++) {
            const item = (first + n * step) % 2 ** 32;
            expect(isAdded ? lists.add(list, item) : lists.delete(list, item)).toBe(isAdded !== twin.has(item));
            if (isAdded) twin.add(item);
            else twin.delete(item);
          }
        }
        twins.forEach((twin, list) => {
          expect(read(lists, list)).toEqual(sorted(twin));
          expect(readParts(lists, list).numbers).toEqual(sorted(twin));
          expect(lists.countOf(list)).toBe(twin.size);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('are the same when their numbers came at once, and go on from there', async () => {
    const run = fc.record({ list: fc.nat(3), step: fc.constantFrom(1, 2, 300, 70_000), count: fc.nat(400) });
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 8 }), fc.array(fc.nat(2_000), { maxLength: 20 }), async (runs, later) => {
        const [filled, twin] = [new PostingLists(), new PostingLists()];
        const sort = new PostingSort();
        const pairs: [list: number, number: number][] = [];
        let number = 0;
        for (const { list, step, count } of runs)
          for (let n = 0; n < count; n++) {
            number += step;
            pairs.push([list, number]);
          }
        for (const [list] of pairs) sort.count(list);
        sort.arrange();
        for (const [list, item] of pairs) {
          sort.place(list, item);
          twin.add(list, item);
        }
        await sort.fill(filled, () => undefined);
        const lists = [0, 1, 2, 3];
        const both = () => lists.map((list) => [read(filled, list), filled.countOf(list)]);
        expect(both()).toEqual(lists.map((list) => [read(twin, list), twin.countOf(list)]));
        for (const item of later)
          for (const list of lists) {
            const isOld = item % 2 === 0;
            expect(isOld ? filled.delete(list, item) : filled.add(list, item)).toBe(isOld ? twin.delete(list, item) : twin.add(list, item));
          }
        expect(both()).toEqual(lists.map((list) => [read(twin, list), twin.countOf(list)]));
      }),
      { numRuns: 50 },
    );
  });

  it('keep many thousands, come in order or not, and go down to one and to none', () => {
    for (const place of [(n: number) => n * 3, (n: number) => (n * 7_919) % 100_003]) {
      const lists = new PostingLists();
      const numbers = Array.from({ length: 20_000 }, (_, n) => place(n));
      for (const number of numbers) lists.add(0, number);
      expect(read(lists, 0)).toEqual(sorted(numbers));
      const { numbers: inParts, parts } = readParts(lists, 0);
      expect([inParts, parts > 10, parts <= 20]).toEqual([sorted(numbers), true, true]);
      for (const number of numbers.slice(1)) lists.delete(0, number);
      expect(read(lists, 0)).toEqual([numbers[0]]);
      lists.delete(0, numbers[0] as number);
      expect(read(lists, 0)).toEqual([]);
    }
  });
});
