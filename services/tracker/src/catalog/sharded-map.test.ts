import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ShardedMap } from './sharded-map.ts';

describe('a sharded map', () => {
  it('behaves as a map does', () => {
    const key = fc.string({ maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key, fc.nat())), (steps) => {
        const map = new ShardedMap<string, number>();
        const twin = new Map<string, number>();
        for (const [isSet, name, value] of steps) {
          if (isSet) {
            map.set(name, value);
            twin.set(name, value);
          } else expect(map.delete(name)).toBe(twin.delete(name));
          expect([map.size, map.get(name), map.has(name)]).toEqual([twin.size, twin.get(name), twin.has(name)]);
        }
        expect([...map.values()].sort()).toEqual([...twin.values()].sort());
      }),
    );
  });
});
