import { describe, expect, it } from '@jest/globals';
import { countOf } from '@pageswarm/primitives';
import fc from 'fast-check';
import { cascadeShares } from './cascade.ts';
import { rankHosts } from './host-ranking.ts';
import { apportion, planPageList, planPages } from './page-plan.ts';

describe('the cascade', () => {
  it('gives one host everything', () => expect(cascadeShares(1)).toEqual([1]));

  it('gives two hosts 75 and 25 percent', () => expect(cascadeShares(2)).toEqual([0.75, 0.25]));

  it('gives three hosts 58.33, 25 and 16.67 percent', () => {
    const [first, second, third] = cascadeShares(3);
    expect(first).toBeCloseTo(0.58333, 5);
    expect(second).toBeCloseTo(0.25, 5);
    expect(third).toBeCloseTo(0.16667, 5);
  });

  it('passes half of what each host holds up to the next faster one', () => {
    // Four hosts start at 24 of 96 each: the last keeps 12, the third 18 of 36, the second 21 of 42, the first gets the rest.
    expect(cascadeShares(4).map((share) => Math.round(share * 96))).toEqual([45, 21, 18, 12]);
  });

  it('gives no host no share', () => expect(cascadeShares(0)).toEqual([]));

  it('adds up to one and never gives a slower host more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (hosts) => {
        const shares = cascadeShares(hosts);
        expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        for (let rank = 1; rank < hosts; rank++) expect(shares[rank]).toBeLessThanOrEqual(shares[rank - 1] as number);
      }),
    );
  });
});

describe('the page plan', () => {
  it('gives whole pages by largest remainder, in rank order', () => {
    expect(planPages(12, cascadeShares(3))).toEqual([
      [1, 7],
      [8, 3],
      [11, 2],
    ]);
    expect(planPages(10, cascadeShares(2))).toEqual([
      [1, 8],
      [9, 2],
    ]);
    expect(planPages(100, cascadeShares(2))).toEqual([
      [1, 75],
      [76, 25],
    ]);
  });

  it('breaks equal remainders in favour of the better rank', () => {
    expect(apportion(2, [0.25, 0.25, 0.25, 0.25])).toEqual([1, 1, 0, 0]);
    expect(apportion(1, [1 / 3, 1 / 3, 1 / 3])).toEqual([1, 0, 0]);
  });

  it('leaves hosts without a page when there are more hosts than pages', () => {
    expect(planPages(1, cascadeShares(3)).map(([, count]) => count)).toEqual([1, 0, 0]);
  });

  it('holds every page exactly once, in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 50 }), (pages, hosts) => {
        const plan = planPages(pages, cascadeShares(hosts));
        expect(countOf(plan)).toBe(pages);
        let next = 1;
        for (const [first, count] of plan) {
          expect(first).toBe(next);
          next += count;
        }
      }),
    );
  });

  it('splits pages that are not neighbours', () => {
    expect(planPageList([2, 5, 6, 9], cascadeShares(2))).toEqual([[2, 5, 6], [9]]);
  });
});

describe('the ranking', () => {
  const probe = (peerId: string, latencyMs: number | null) => ({ peerId: peerId as never, latencyMs });

  it('drops the dead and puts the nearest first', () => {
    expect(rankHosts([probe('a', 9), probe('b', null), probe('c', 1)]).map(({ peerId }) => peerId)).toEqual(['c', 'a']);
  });

  it('orders equal latencies by peer id, whatever the order of the answers', () => {
    expect(rankHosts([probe('c', 2), probe('a', 2), probe('b', 2)]).map(({ peerId }) => peerId)).toEqual(['a', 'b', 'c']);
  });
});
