import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LivingFrames } from './living-frames.ts';

describe('living frames', () => {
  it('are the last ones of their entries, whatever came and went, here and in another thread', () => {
    const step = fc.tuple(fc.nat(12), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const frames = new LivingFrames();
        const last = new Map<number, number>();
        const idOf = (n: number) => Buffer.from(`id ${n}`);
        for (const [start, [n, hasValue]] of steps.entries()) {
          const id = idOf(n);
          frames.note(start, hasValue, id, 0, id.length);
          if (hasValue) last.set(n, start);
          else last.delete(n);
        }
        const withValue = steps.flatMap(([n, hasValue], start) => (hasValue ? [[n, start] as const] : []));
        for (const known of [frames, LivingFrames.of(structuredClone(frames.parts))]) {
          const living = withValue.filter(([n, start]) => known.isLiving(start, idOf(n), 0, idOf(n).length));
          expect(new Map(living)).toEqual(last);
          expect(living).toHaveLength(last.size);
        }
        expect(frames.most).toBeGreaterThanOrEqual(last.size);
        for (const n of last.keys()) expect(frames.mayHold(idOf(n))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('keep no ids of entries that were written once', () => {
    const frames = new LivingFrames();
    const ids = Array.from({ length: 2_000 }, (_, n) => Buffer.from(`document ${n}`));
    for (const [start, id] of ids.entries()) frames.note(start, true, id, 0, id.length);
    // Few share their place with another.
    expect(frames.parts.repeated.end).toBeLessThan(20);
    expect(frames.mayHold(Buffer.from('another'))).toBe(false);
  });
});
