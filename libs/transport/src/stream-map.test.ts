import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { StreamMap } from './stream-map.ts';

const id = fc.oneof(
  fc.nat(40).map((n) => n * 2 + 1),
  fc.constantFrom(0x7fff_ffff, 0x8000_0001, 0xffff_fffd),
);

describe('streams by their id', () => {
  it('are found as in a Map, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('add', 'delete'), id), { size: 'max', maxLength: 300 }), (steps) => {
        const map = new StreamMap<string>();
        const naive = new Map<number, string>();
        for (const [step, streamId] of steps) {
          if (step === 'delete') {
            map.delete(streamId);
            naive.delete(streamId);
          } else if (!naive.has(streamId)) {
            map.add(streamId, `stream ${streamId}`);
            naive.set(streamId, `stream ${streamId}`);
          }
          expect(map.size).toBe(naive.size);
        }
        for (let streamId = 1; streamId < 90; streamId++) expect(map.get(streamId)).toBe(naive.get(streamId));
        expect(map.values().sort()).toEqual([...naive.values()].sort());
      }),
      { numRuns: 60 },
    );
  });

  it('take no more room however many pass through', () => {
    const map = new StreamMap<number>();
    for (let streamId = 1; streamId < 200_001; streamId += 2) {
      map.add(streamId, streamId);
      if (streamId > 14) map.delete(streamId - 14);
    }
    expect(map.size).toBe(7);
    expect(map.values()).toHaveLength(7);
    expect((map as unknown as { ids: Uint32Array }).ids.length).toBe(16);
  });
});
