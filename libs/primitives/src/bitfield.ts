import { PageSwarmError } from './errors.ts';
import type { IndexRange } from './index-ranges.ts';

/** A fixed-size set of indexes, stored as BEP 3 sends it: index 0 is the highest bit of byte 0, spare bits are zero. */
export class Bitfield {
  readonly size: number;
  private readonly bytes: Uint8Array;
  private ones = 0;

  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 0) throw new PageSwarmError('INVALID_REQUEST', `A bitfield needs a size from 0, got ${size}`);
    this.size = size;
    this.bytes = new Uint8Array(Math.ceil(size / 8));
  }

  static full(size: number): Bitfield {
    const field = new Bitfield(size);
    field.setRange(0, size);
    return field;
  }

  /** @throws PageSwarmError INVALID_REQUEST if the length does not fit `size` or a spare bit is set (BEP 3). */
  static fromBytes(bytes: Uint8Array, size: number): Bitfield {
    const field = new Bitfield(size);
    if (bytes.length !== field.bytes.length)
      throw new PageSwarmError('INVALID_REQUEST', `A bitfield of ${size} needs ${field.bytes.length} bytes, got ${bytes.length}`);
    const spare = size % 8 === 0 ? 0 : 0xff >> (size % 8);
    if (((bytes.at(-1) ?? 0) & spare) !== 0) throw new PageSwarmError('INVALID_REQUEST', 'A bitfield has spare bits set');
    field.bytes.set(bytes);
    for (let index = 0; index < size; index++) if (field.has(index)) field.ones++;
    return field;
  }

  static fromRanges(ranges: Iterable<IndexRange>, size: number): Bitfield {
    const field = new Bitfield(size);
    for (const [first, count] of ranges) field.setRange(first, count);
    return field;
  }

  /** How many indexes are in the set. */
  get count(): number {
    return this.ones;
  }

  get isFull(): boolean {
    return this.ones === this.size;
  }

  has(index: number): boolean {
    return index >= 0 && index < this.size && ((this.bytes[index >> 3] as number) & (0x80 >> (index & 7))) !== 0;
  }

  /** @returns true if the index was not in the set before. */
  set(index: number): boolean {
    this.demandIndex(index);
    if (this.has(index)) return false;
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) | (0x80 >> (index & 7));
    this.ones++;
    return true;
  }

  /** @returns true if the index was in the set before. */
  clear(index: number): boolean {
    this.demandIndex(index);
    if (!this.has(index)) return false;
    this.bytes[index >> 3] = (this.bytes[index >> 3] as number) & ~(0x80 >> (index & 7));
    this.ones--;
    return true;
  }

  setRange(first: number, count: number): void {
    for (let index = first; index < first + count; index++) this.set(index);
  }

  hasRange(first: number, count: number): boolean {
    for (let index = first; index < first + count; index++) if (!this.has(index)) return false;
    return true;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let index = 0; index < this.size; index++) if (this.has(index)) yield index;
  }

  /** The set as the fewest runs, in order. */
  toRanges(): IndexRange[] {
    const ranges: IndexRange[] = [];
    for (let index = 0; index < this.size; index++) {
      if (!this.has(index)) continue;
      const first = index;
      while (this.has(index)) index++;
      ranges.push([first, index - first]);
    }
    return ranges;
  }

  toBytes(): Uint8Array {
    return this.bytes.slice();
  }

  clone(): Bitfield {
    return Bitfield.fromBytes(this.bytes, this.size);
  }

  private demandIndex(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.size)
      throw new PageSwarmError('INVALID_REQUEST', `Index ${index} is outside a bitfield of ${this.size}`);
  }
}
