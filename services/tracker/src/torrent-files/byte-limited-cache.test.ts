import { describe, expect, it } from '@jest/globals';
import { ByteLimitedCache } from './byte-limited-cache.ts';

describe('a cache with a limit of bytes', () => {
  it('lets go of what was used longest ago', () => {
    const cache = new ByteLimitedCache<string, number>(10);
    cache.set('a', 1, 4);
    cache.set('b', 2, 4);
    cache.get('a');
    cache.set('c', 3, 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c'), cache.usedBytes]).toEqual([1, undefined, 3, 8]);
  });

  it('counts a value that is set again once, and keeps none that is too large', () => {
    const cache = new ByteLimitedCache<string, number>(10);
    cache.set('a', 1, 9);
    cache.set('a', 2, 5);
    cache.set('b', 3, 11);
    expect([cache.get('a'), cache.get('b'), cache.usedBytes]).toEqual([2, undefined, 5]);
  });
});
