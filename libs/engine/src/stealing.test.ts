import { describe, expect, it } from '@jest/globals';
import { peerId, SeededRandom } from '@pageswarm/primitives';
import fc from 'fast-check';
import { bytesToMove } from './stealing.ts';
import { crowdOrder } from './strategies/crowd-order.ts';

describe('bytes to move', () => {
  it('are half of the work between equals', () => {
    expect(bytesToMove({ load: 1_000, pace: 10 }, { load: 0, pace: 10, latencyMs: 0 })).toBe(500);
  });

  it('let both finish at the same time', () => {
    const load = fc.integer({ min: 1, max: 1e9 });
    const pace = fc.integer({ min: 1, max: 1e8 });
    fc.assert(
      fc.property(load, pace, pace, fc.integer({ min: 0, max: 500 }), (victimLoad, victimPace, helperPace, latencyMs) => {
        const moved = bytesToMove({ load: victimLoad, pace: victimPace }, { load: 0, pace: helperPace, latencyMs });
        expect(moved).toBeLessThanOrEqual(victimLoad);
        if (moved > 0) expect((victimLoad - moved) / victimPace).toBeCloseTo(latencyMs / 1_000 + moved / helperPace, 3);
      }),
    );
  });

  it('are none if the helper would be later', () => {
    expect(bytesToMove({ load: 10, pace: 1_000 }, { load: 0, pace: 1_000, latencyMs: 500 })).toBe(0);
  });
});

describe('the order of a crowd', () => {
  const ids = Array.from({ length: 5 }, (_, i) => peerId(`${i + 1}`.padStart(40, '0')));

  it('lets peers that know each other begin at different parts that cover the document', () => {
    const parts = ids.map((own) =>
      [
        ...crowdOrder(
          103,
          4,
          ids.filter((id) => id !== own),
          own,
          new SeededRandom(1),
        ),
      ].slice(0, 20),
    );
    expect(new Set(parts.flat()).size).toBe(100);
  });

  it('keeps neighbours together outside of the own part, too', () => {
    const others = ids.slice(1);
    const rest = [...crowdOrder(100, 4, others, ids[0], new SeededRandom(1))].slice(20);
    const runs = Array.from({ length: 20 }, (_, run) => rest.slice(4 * run, 4 * run + 4));
    for (const [first = 0, ...next] of runs) expect(next).toEqual([first + 1, first + 2, first + 3]);
    expect(runs.map(([first]) => first)).not.toEqual(Array.from({ length: 20 }, (_, run) => 20 + 4 * run));
  });

  it('holds every piece once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 9 }),
        fc.subarray(ids),
        fc.constantFrom(undefined, ...ids),
        fc.nat(),
        (count, runLength, others, own, seed) => {
          const order = crowdOrder(count, runLength, others, own, new SeededRandom(seed));
          expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
        },
      ),
    );
  });
});
