import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from './byte-source.ts';
import { ManualClock } from './clock.ts';

describe('a byte source in memory', () => {
  it('gives exactly what was asked for, and nothing outside', async () => {
    const source = new MemoryByteSource(Uint8Array.of(1, 2, 3, 4));
    expect([...(await source.read(1, 2))]).toEqual([2, 3]);
    expect([...(await source.read(4, 0))]).toEqual([]);
    for (const [offset, length] of [
      [-1, 1],
      [3, 2],
      [0, -1],
      [5, 0],
    ] as const)
      await expect(source.read(offset, length)).rejects.toThrow('outside a source of 4');
  });
});

describe('a manual clock', () => {
  it('moves only when told, both of its times together', () => {
    const clock = new ManualClock(1_000);
    expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
    clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
  });
});
