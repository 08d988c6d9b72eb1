import { describe, expect, it } from '@jest/globals';
import { DirtyIds } from './dirty-ids.ts';
import { MAX_SNAPSHOT_BATCH } from './snapshot-store.ts';

function setUp(everything: readonly string[] = []) {
  let now = 0;
  const dirty = new DirtyIds<string>(
    () => everything.values(),
    () => now,
  );
  return { dirty, pass: (ms: number) => (now += ms) };
}

describe('ids that differ from their copy', () => {
  it('are told once, in batches of the limit, those that changed before all others', () => {
    const everything = Array.from({ length: MAX_SNAPSHOT_BATCH }, (_, n) => `id ${n}`);
    const { dirty } = setUp(everything);
    dirty.markAll();
    dirty.mark('changed');
    expect(dirty.take()).toEqual(['changed', ...everything.slice(0, -1)]);
    expect(dirty.isClean).toBe(false);
    expect(dirty.take()).toEqual(everything.slice(-1));
    expect([dirty.isClean, dirty.take()]).toEqual([true, []]);
  });

  it('wait since the first of them, also when that could not be saved and others changed meanwhile', () => {
    const { dirty, pass } = setUp();
    pass(1);
    dirty.mark('a');
    pass(1);
    const taken = dirty.take();
    expect([dirty.waitingSince, dirty.takenSince]).toEqual([undefined, 1]);
    dirty.mark('b');
    expect(dirty.waitingSince).toBe(2);
    dirty.giveBack([]);
    expect(dirty.waitingSince).toBe(2);
    dirty.giveBack(taken);
    expect([dirty.waitingSince, dirty.count]).toEqual([1, 2]);
  });
});
