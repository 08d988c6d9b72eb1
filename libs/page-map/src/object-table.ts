import { UnmappableError } from './limits.ts';

/** What the cross-reference data says of an object number (ISO 32000-1, 7.5.4 and 7.5.8). */
export const FREE = 0;
/** `position` is the offset of `num gen obj` in the file, `detail` the generation. */
export const PLAIN = 1;
/** `position` is the number of the object stream that holds it, `detail` its index there. */
export const COMPRESSED = 2;
export type EntryKind = typeof FREE | typeof PLAIN | typeof COMPRESSED;

/** Where every object lies. Each known object number has a slot, a small index that the other tables of this lib use. */
export class ObjectTable {
  readonly numbers: number[] = [];
  readonly kinds: EntryKind[] = [];
  readonly positions: number[] = [];
  readonly details: number[] = [];
  private readonly slots = new Map<number, number>();

  constructor(private readonly maxObjects: number) {}

  get size(): number {
    return this.numbers.length;
  }

  slotOf(num: number): number | undefined {
    return this.slots.get(num);
  }

  /** Cross-reference sections are read from the newest to the oldest: the first word on an object stands. */
  add(num: number, kind: EntryKind, position: number, detail: number): void {
    if (!this.slots.has(num)) this.append(num, kind, position, detail);
  }

  /** A scan of the file meets objects from the oldest to the newest: the last word stands. */
  replace(num: number, kind: EntryKind, position: number, detail: number): void {
    const slot = this.slots.get(num);
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
    this.slots.set(num, this.numbers.length);
    this.numbers.push(num);
    this.kinds.push(kind);
    this.positions.push(position);
    this.details.push(detail);
  }
}
