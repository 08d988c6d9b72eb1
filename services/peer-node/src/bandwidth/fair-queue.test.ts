import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FairQueue } from './fair-queue.ts';

const always = (): boolean => true;

describe('the fair queue', () => {
  it('takes turns between keys, however much one has waiting', () => {
    const queue = new FairQueue<string, string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(item.charAt(0), item, 10);
    const order = Array.from({ length: 6 }, () => queue.take(always));
    expect(order.join(' ')).toBe('a1 b1 c1 a2 b2 a3');
    expect(queue.isEmpty).toBe(true);
    expect(queue.take(always)).toBeUndefined();
  });

  it('shares bytes and not turns', () => {
    const queue = new FairQueue<string, string>();
    const served = { large: 0, small: 0 };
    queue.add('large', 'large', 100);
    queue.add('small', 'small', 10);
    // Each asks again as soon as it was served, as a sender does.
    for (let turn = 0; turn < 220; turn++) {
      const item = queue.take(always) as 'large' | 'small';
      const bytes = item === 'large' ? 100 : 10;
      served[item] += bytes;
      queue.add(item, item, bytes);
    }
    expect(Math.abs(served.large - served.small)).toBeLessThanOrEqual(100);
  });

  it('lets a key wait that may not go, and gives it no more than its share afterwards', () => {
    const queue = new FairQueue<string, string>();
    queue.add('held', 'held', 10);
    for (let turn = 0; turn < 50; turn++) {
      queue.add('free', 'free', 10);
      expect(queue.take((item) => item !== 'held')).toBe('free');
    }
    queue.add('held', 'held', 10);
    queue.add('free', 'free', 10);
    queue.add('free', 'free', 10);
    const order = Array.from({ length: 4 }, () => queue.take(always));
    expect(order[0]).toBe('held');
    expect(order.slice(0, 3)).toContain('free');
  });

  it('forgets what is dropped, and keys that left', () => {
    const queue = new FairQueue<string, string>();
    queue.add('a', 'a1', 10);
    queue.add('a', 'a2', 10);
    queue.drop('a', 'a1');
    expect(queue.take(always)).toBe('a2');
    queue.drop('a', 'a2');
    expect(queue.isEmpty).toBe(true);
  });

  it('never serves two waiting keys further apart than one item of each', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 6 }), (sizes) => {
        const queue = new FairQueue<number, number>();
        const served = sizes.map(() => 0);
        for (const [key, bytes] of sizes.entries()) queue.add(key, key, bytes);
        for (let turn = 0; turn < 500; turn++) {
          const key = queue.take(always) as number;
          served[key] = (served[key] as number) + (sizes[key] as number);
          queue.add(key, key, sizes[key] as number);
          expect(Math.max(...served) - Math.min(...served)).toBeLessThanOrEqual(2 * Math.max(...sizes));
        }
      }),
    );
  });
});
