import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlotSet } from './slot-set.ts';

const slot = fc.oneof(fc.nat(100), fc.nat(3_000));
const step = fc.oneof(
  fc.tuple(fc.constantFrom('add' as const, 'delete' as const, 'all below' as const), slot),
  fc.tuple(fc.constant('take' as const), fc.nat(60)),
);

describe('a set of slots', () => {
  it('does what a set of numbers does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const set = new SlotSet();
        const twin = new Set<number>();
        for (const [what, number] of steps) {
          if (what === 'add') set.add(number);
          if (what === 'add') twin.add(number);
          if (what === 'delete') expect(set.delete(number)).toBe(twin.delete(number));
          if (what === 'all below') set.addAllBelow(number);
          if (what === 'all below') for (let each = 0; each < number; each++) twin.add(each);
          if (what === 'take') {
            const taken = set.take(number);
            expect(taken).toHaveLength(Math.min(number, twin.size));
            for (const each of taken) expect(twin.delete(each)).toBe(true);
          }
          expect([set.size, set.has(number)]).toEqual([twin.size, twin.has(number)]);
        }
        expect(set.take(1e6).sort((a, b) => a - b)).toEqual([...twin].sort((a, b) => a - b));
      }),
      { numRuns: 50 },
    );
  });
});
