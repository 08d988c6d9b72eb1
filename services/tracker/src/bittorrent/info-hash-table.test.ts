import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InfoHashTable } from './info-hash-table.ts';

/** Few different hashes that share their first byte, so that they meet in one part. */
const hashOf = (n: number) => Buffer.concat([Buffer.alloc(18, n % 2), Buffer.of(n >> 8, n & 255)]);

describe('a table of info-hashes', () => {
  it('does what a map does', () => {
    const step = fc.tuple(fc.constantFrom('set', 'delete'), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new InfoHashTable<number>();
        const twin = new Map<string, number>();
        steps.forEach(([what, n], at) => {
          const hash = hashOf(n);
          if (what === 'set') {
            table.set(hash, at);
            twin.set(hash.toString('hex'), at);
          } else expect(table.delete(hash)).toBe(twin.delete(hash.toString('hex')));
        });
        expect(table.size).toBe(twin.size);
        for (let n = 0; n <= 60; n++) expect(table.get(hashOf(n))).toBe(twin.get(hashOf(n).toString('hex')));
      }),
    );
  });

  it('finds a hash in the midst of other bytes, and keeps what it was given', () => {
    const table = new InfoHashTable<string>();
    const packet = Buffer.concat([Buffer.alloc(16), hashOf(7), Buffer.alloc(4)]);
    table.set(packet, 'seven', 16);
    packet.fill(0);
    expect([table.get(hashOf(7)), table.get(packet, 16)]).toEqual(['seven', undefined]);
  });
});
