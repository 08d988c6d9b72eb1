import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ARENA_CHUNK_BYTES, ByteArena, MAX_BLOCK_BYTES } from './byte-arena.ts';

function read(arena: ByteArena, reference: number): string {
  const offset = arena.offsetOf(reference);
  return arena.chunkOf(reference).toString('latin1', offset, offset + arena.lengthOf(reference));
}

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 }),
  fc.constantFrom('x'.repeat(300_000), 'y'.repeat(5_000)),
);
const step = fc.oneof(
  fc.record({ what: fc.constant('put' as const), text }),
  fc.record({ what: fc.constantFrom('release' as const, 'replace' as const), which: fc.nat(50), text }),
);

describe('an arena of bytes', () => {
  it('keeps every block as a map of texts does, whatever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const arena = new ByteArena();
        const twin = new Map<number, string>();
        for (const each of steps) {
          if (each.what === 'put') {
            const reference = arena.put(Buffer.from(each.text, 'latin1'));
            expect(twin.has(reference)).toBe(false);
            twin.set(reference, each.text);
            continue;
          }
          const reference = [...twin.keys()][each.which % Math.max(1, twin.size)];
          if (reference === undefined) continue;
          twin.delete(reference);
          if (each.what === 'release') arena.release(reference);
          else twin.set(arena.replace(reference, Buffer.from(each.text, 'latin1')), each.text);
        }
        for (const [reference, expected] of twin) expect(read(arena, reference)).toBe(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('uses the room of what was released again', () => {
    const arena = new ByteArena();
    const lengths = [10, 900, 33, 5_000, 70];
    for (let round = 0; round < 50; round++) {
      const references = Array.from({ length: 500 }, (_, n) => arena.put(new Uint8Array(lengths[(n + round) % lengths.length] as number)));
      for (const reference of references) arena.release(reference);
    }
    expect(arena.capacity).toBeLessThanOrEqual(2 * ARENA_CHUNK_BYTES);
  });

  it('cuts what was released for shorter blocks, and uses the rest of it too', () => {
    const arena = new ByteArena();
    const large = Array.from({ length: 200 }, () => arena.put(new Uint8Array(5_000)));
    const before = arena.capacity;
    for (const reference of large) arena.release(reference);
    for (let n = 0; n < 390; n++) arena.put(new Uint8Array(2_490));
    expect(arena.capacity).toBe(before);
  });

  it('makes a block longer in place while it has room', () => {
    const arena = new ByteArena();
    const reference = arena.put(Buffer.from('abc'));
    expect([arena.extend(reference, 4), arena.lengthOf(reference), arena.extend(reference, 5), arena.lengthOf(reference)]).toEqual([
      true,
      4,
      false,
      4,
    ]);
  });

  it('takes no block longer than its limit', () => {
    const arena = new ByteArena();
    expect(arena.lengthOf(arena.allocate(MAX_BLOCK_BYTES))).toBe(MAX_BLOCK_BYTES);
    expect(() => arena.allocate(MAX_BLOCK_BYTES + 1)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });
});
