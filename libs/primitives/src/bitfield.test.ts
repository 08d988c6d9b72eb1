import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Bitfield } from './bitfield.ts';
import { countOf, indexesOf } from './index-ranges.ts';

type Step = { readonly what: 'set' | 'clear' | 'range'; readonly index: number; readonly count: number };

const sizeAndSteps = fc.integer({ min: 1, max: 70 }).chain((size) => {
  const index = fc.integer({ min: 0, max: size - 1 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ what: fc.constantFrom('set' as const, 'clear' as const), index, count: fc.constant(1) }),
    index.chain((first) =>
      fc.record({ what: fc.constant('range' as const), index: fc.constant(first), count: fc.integer({ min: 0, max: size - first }) }),
    ),
  );
  return fc.tuple(fc.constant(size), fc.array(step, { maxLength: 60 }));
});

describe('a bitfield', () => {
  it('behaves as a set of numbers does, whatever is done to it', () => {
    fc.assert(
      fc.property(sizeAndSteps, ([size, steps]) => {
        const field = new Bitfield(size);
        const twin = new Set<number>();
        for (const step of steps) {
          if (step.what === 'set') {
            expect(field.set(step.index)).toBe(!twin.has(step.index));
            twin.add(step.index);
          } else if (step.what === 'clear') expect(field.clear(step.index)).toBe(twin.delete(step.index));
          else {
            field.setRange(step.index, step.count);
            for (let index = step.index; index < step.index + step.count; index++) twin.add(index);
          }
        }
        const sorted = [...twin].sort((a, b) => a - b);
        expect([...field]).toEqual(sorted);
        expect(field.count).toBe(twin.size);
        expect(field.isFull).toBe(twin.size === size);
        expect([...indexesOf(field.toRanges())]).toEqual(sorted);
        for (let index = -1; index <= size; index++) expect(field.has(index)).toBe(twin.has(index));
      }),
    );
  });

  it('comes back the same from bytes, from ranges and as a clone, and a clone is its own', () => {
    fc.assert(
      fc.property(sizeAndSteps, ([size, steps]) => {
        const field = Bitfield.fromRanges(
          steps.map(({ index }) => [index, 1] as const),
          size,
        );
        for (const copy of [Bitfield.fromBytes(field.toBytes(), size), Bitfield.fromRanges(field.toRanges(), size), field.clone()]) {
          expect([...copy]).toEqual([...field]);
          expect(copy.count).toBe(countOf(field.toRanges()));
        }
        const clone = field.clone();
        const before = [...clone];
        for (let index = 0; index < size; index++) field.set(index);
        field.toBytes().fill(0);
        expect([...clone]).toEqual(before);
        expect(field.isFull).toBe(true);
      }),
    );
  });

  it('has the bit order of BEP 3: index 0 is the highest bit of the first byte', () => {
    expect([
      ...Bitfield.fromRanges(
        [
          [0, 1],
          [9, 2],
        ],
        11,
      ).toBytes(),
    ]).toEqual([0b1000_0000, 0b0110_0000]);
    expect([...Bitfield.full(11).toBytes()]).toEqual([0xff, 0b1110_0000]);
  });

  it('knows which runs it has whole', () => {
    const field = Bitfield.fromRanges([[2, 3]], 8);
    expect(field.hasRange(2, 3)).toBe(true);
    expect(field.hasRange(1, 2)).toBe(false);
    expect(field.hasRange(4, 2)).toBe(false);
    expect(field.hasRange(7, 0)).toBe(true);
    expect(field.hasRange(6, 5)).toBe(false);
  });

  it('refuses spare bits, wrong lengths and indexes outside', () => {
    expect(() => Bitfield.fromBytes(Uint8Array.of(0b0000_0001), 7)).toThrow('spare bits');
    expect(() => Bitfield.fromBytes(new Uint8Array(2), 8)).toThrow('needs 1 bytes, got 2');
    expect(() => Bitfield.fromBytes(new Uint8Array(0), 1)).toThrow('needs 1 bytes, got 0');
    for (const index of [-1, 8, 1.5, Number.NaN]) {
      expect(() => new Bitfield(8).set(index)).toThrow('outside a bitfield of 8');
      expect(() => new Bitfield(8).clear(index)).toThrow('outside a bitfield of 8');
    }
    expect(() => Bitfield.fromRanges([[6, 3]], 8)).toThrow('Index 8 is outside');
    for (const size of [-1, 0.5, Number.NaN]) expect(() => new Bitfield(size)).toThrow('needs a size from 0');
  });

  it('may be empty, and is then full', () => {
    const none = new Bitfield(0);
    expect([none.count, none.isFull, none.has(0), none.toRanges(), none.toBytes().length]).toEqual([0, true, false, [], 0]);
  });
});
