import type { ObjectParser } from './object-parser.ts';

/** A decoded object stream (ISO 32000-1, 7.5.7): which object lies where in its bytes. */
export class ObjectStream {
  constructor(
    readonly bytes: Uint8Array,
    readonly numbers: readonly number[],
    readonly offsets: readonly number[],
  ) {}

  /** Index of object `num`, which the cross-reference data say is `hint`; -1 if it is not in this stream. */
  indexOf(num: number, hint: number): number {
    return this.numbers[hint] === num ? hint : this.numbers.lastIndexOf(num);
  }
}

/**
 * Reads the header of a decoded object stream. /N may say anything: pairs count only as far as there are digits before /First.
 */
export function parseObjectStream(bytes: Uint8Array, count: number, first: number, parser: ObjectParser): ObjectStream {
  const header = bytes.subarray(0, Math.max(0, Math.min(first, bytes.length)));
  const numbers: number[] = [];
  const offsets: number[] = [];
  parser.reset(header, 0, true);
  while (numbers.length < count) {
    const num = parser.parseCount();
    const offset = num < 0 ? -1 : parser.parseCount();
    if (offset < 0) break;
    numbers.push(num);
    offsets.push(first + offset);
  }
  return new ObjectStream(bytes, numbers, offsets);
}
