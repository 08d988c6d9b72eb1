import { UnmappableError } from './limits.ts';

/** What the cross-reference data says of an object number (ISO 32000-1, 7.5.4 and 7.5.8). */
export const FREE = 0;
/** `position` is the offset of `num gen obj` in the file, `detail` the generation. */
export const PLAIN = 1;
/** `position` is the number of the object stream that holds it, `detail` its index there. */
export const COMPRESSED = 2;
export type EntryKind = typeof FREE | typeof PLAIN | typeof COMPRESSED;

/** Numbers below are looked up in an array. */
const MAX_DENSE_NUMBER = 1_048_576;

/** Where every object lies. Each known object number has a slot, a small index that the other tables of this lib use. */
export class ObjectTable {
  readonly numbers: number[] = [];
  readonly kinds: EntryKind[] = [];
  readonly positions: number[] = [];
  readonly details: number[] = [];
  /** Slot + 1 by number for the numbers that most files use; the few beyond go into a map, so that a huge number costs no memory. */
  private dense = new Int32Array(1_024);
  private readonly sparse = new Map<number, number>();

  constructor(private readonly maxObjects: number) {}

  get size(): number {
    return this.numbers.length;
  }

  slotOf(num: number): number | undefined {
    if (num >= MAX_DENSE_NUMBER) return this.sparse.get(num);
    const slot = this.dense[num];
    return slot === undefined || slot === 0 ? undefined : slot - 1;
  }

  /** Cross-reference sections are read from the newest to the oldest: the first word on an object stands. */
  add(num: number, kind: EntryKind, position: number, detail: number): void {
    if (this.slotOf(num) === undefined) this.append(num, kind, position, detail);
  }

  /** A scan of the file meets objects from the oldest to the newest: the last word stands. */
  replace(num: number, kind: EntryKind, position: number, detail: number): void {
    const slot = this.slotOf(num);
    if (slot === undefined) {
      this.append(num, kind, position, detail);
      return;
    }
    this.kinds[slot] = kind;
    this.positions[slot] = position;
    this.details[slot] = detail;
  }

  private append(num: number, kind: EntryKind, position: number, detail: number): void {
    if (this.numbers.length >= this.maxObjects) throw new UnmappableError(`it has more than ${this.maxObjects} objects`);
    if (num >= MAX_DENSE_NUMBER) this.sparse.set(num, this.numbers.length);
    else {
      if (num >= this.dense.length) this.growTo(num);
      this.dense[num] = this.numbers.length + 1;
    }
    this.numbers.push(num);
    this.kinds.push(kind);
    this.positions.push(position);
    this.details.push(detail);
  }

  private growTo(num: number): void {
    const larger = new Int32Array(Math.max(num + 1, this.dense.length * 2));
    larger.set(this.dense);
    this.dense = larger;
  }
}
