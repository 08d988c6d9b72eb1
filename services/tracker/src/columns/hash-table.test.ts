import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HashTable, hashOfBytes, hashOfPair } from './hash-table.ts';

describe('a table of hashes', () => {
  it('finds what a list finds, first come first, while items come and go and hashes meet', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(60), fc.nat(7)), { maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(steps, (changes) => {
        const keys = new Map<number, number>();
        // Few and neighbouring hashes in one shard, so that searches run into each other, and over its end.
        const hashFor = (key: number) => (0xff_fffd + key) & 0xff_ffff;
        const table = new HashTable((item) => keys.get(item) as number);
        const present: number[] = [];
        for (const [isAdded, item, key] of changes) {
          if (isAdded && !keys.has(item)) {
            keys.set(item, hashFor(key));
            table.add(hashFor(key), item);
            present.push(item);
          } else if (!isAdded && keys.has(item)) {
            table.delete(keys.get(item) as number, item);
            keys.delete(item);
            present.splice(present.indexOf(item), 1);
          }
        }
        for (let key = 0; key <= 7; key++) {
          const expected = present.find((item) => keys.get(item) === hashFor(key)) ?? -1;
          expect(table.find(hashFor(key), (item) => keys.get(item) === hashFor(key))).toBe(expected);
        }
        for (const item of present) expect(table.find(keys.get(item) as number, (other) => other === item)).toBe(item);
      }),
    );
  });

  it('grows without losing any of many items', () => {
    const hash = (item: number) => hashOfPair(item, 1);
    const table = new HashTable(hash);
    for (let item = 0; item < 50_000; item++) table.add(hash(item), item);
    let lost = 0;
    for (let item = 0; item < 50_000; item++) if (table.find(hash(item), (other) => other === item) !== item) lost++;
    expect(lost).toBe(0);
  });

  it('tells keys apart that differ in one place', () => {
    const zero = new Uint8Array(20);
    const hashes = new Set([hashOfBytes(zero, 0, 20), hashOfPair(1, 2), hashOfPair(2, 1)]);
    for (let at = 0; at < 20; at++)
      hashes.add(
        hashOfBytes(
          Uint8Array.from(zero, (_, n) => Number(n === at)),
          0,
          20,
        ),
      );
    expect(hashes.size).toBe(23);
  });
});
