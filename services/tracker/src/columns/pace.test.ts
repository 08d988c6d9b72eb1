import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pace } from './pace.ts';

describe('the pace of long work', () => {
  it('lets others have their turn as soon as a turn has had its time, and never before', async () => {
    const steps = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 8 }), async (costs, turnMs) => {
        let now = 100;
        let began = now;
        const lengths: number[] = [];
        const pace = new Pace(
          turnMs,
          async () => {
            lengths.push(now - began);
            // Others take their time, which is not that of the work.
            now += 1_000;
            began = now;
          },
          () => now,
        );
        for (const cost of costs) {
          now += cost;
          await pace.turn();
        }
        for (const length of lengths) {
          expect(length).toBeGreaterThanOrEqual(turnMs);
          expect(length).toBeLessThan(turnMs + 3.001);
        }
        expect(now - began).toBeLessThan(turnMs);
      }),
    );
  });

  it('is paused whenever it is told to be', async () => {
    let turns = 0;
    const pace = new Pace(
      1,
      async () => void turns++,
      () => 0,
    );
    await pace.pause();
    expect([turns, pace.turn()]).toEqual([1, undefined]);
  });
});
