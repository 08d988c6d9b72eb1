import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlotQueue } from './slot-queue.ts';

describe('a queue of slots', () => {
  it('is in the order of joining, as a set is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9)), { maxLength: 100, size: 'max' }), (steps) => {
        const queue = new SlotQueue();
        const twin = new Set<number>();
        for (const [isAdded, slot] of steps) {
          if (isAdded) queue.add(slot);
          else queue.delete(slot);
          if (isAdded) twin.add(slot);
          else twin.delete(slot);
          for (let n = 0; n < 10; n++) expect(queue.has(n)).toBe(twin.has(n));
        }
        const left: number[] = [];
        for (let slot = queue.first(); slot !== undefined; slot = queue.first()) {
          left.push(slot);
          queue.delete(slot);
        }
        expect(left).toEqual([...twin]);
      }),
    );
  });
});
