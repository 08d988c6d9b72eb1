import { ByteArena } from '../columns/byte-arena.ts';
import { Float64Column, Uint32Column } from '../columns/column.ts';
import { HashTable, hashOfBytes } from '../columns/hash-table.ts';
import type { Movable } from '../columns/movable.ts';

export interface EntryPlacesParts {
  readonly ids: ReturnType<ByteArena['handOver']>;
  readonly references: Uint32Array[];
  readonly starts: Float64Array[];
  readonly numbers: ReturnType<HashTable['handOver']>;
  readonly free: number[];
  readonly end: number;
}

/**
 * Where the living frame of each entry begins in the snapshot file, by the bytes of its id. Kept in columns: a
 * million texts in maps would be looked through by every collection of garbage, which stops everybody for that long.
 */
export class EntryPlaces implements Movable {
  private readonly ids = new ByteArena();
  private readonly references = new Uint32Column();
  private readonly starts = new Float64Column();
  private readonly numbers = new HashTable((number) => {
    const reference = this.references.get(number);
    const offset = this.ids.offsetOf(reference);
    return hashOfBytes(this.ids.chunkOf(reference), offset, offset + this.ids.lengthOf(reference));
  });
  private free: number[] = [];
  private end = 0;

  get size(): number {
    return this.end - this.free.length;
  }

  handOver(): EntryPlacesParts {
    const { ids, references, starts, numbers, free, end } = this;
    const tables = { ids: ids.handOver(), references: references.handOver(), starts: starts.handOver(), numbers: numbers.handOver() };
    return { ...tables, free, end };
  }

  takeOver({ ids, references, starts, numbers, free, end }: EntryPlacesParts): void {
    this.ids.takeOver(ids);
    this.references.takeOver(references);
    this.starts.takeOver(starts);
    this.numbers.takeOver(numbers);
    this.free = free;
    this.end = end;
  }

  /** Where the entry begins whose id is in `bytes`. */
  get(bytes: Uint8Array, idStart = 0, idEnd = bytes.length): number | undefined {
    const number = this.find(hashOfBytes(bytes, idStart, idEnd), bytes, idStart, idEnd);
    return number === -1 ? undefined : this.starts.get(number);
  }

  /** @returns whether the entry was elsewhere before */
  set(start: number, bytes: Uint8Array, idStart = 0, idEnd = bytes.length): boolean {
    const hash = hashOfBytes(bytes, idStart, idEnd);
    const known = this.find(hash, bytes, idStart, idEnd);
    if (known !== -1) {
      this.starts.set(known, start);
      return true;
    }
    const number = this.free.pop() ?? this.end++;
    this.references.set(number, this.ids.put(bytes.subarray(idStart, idEnd)));
    this.numbers.add(hash, number);
    this.starts.set(number, start);
    return false;
  }

  /** @returns whether it was there */
  delete(bytes: Uint8Array, idStart = 0, idEnd = bytes.length): boolean {
    const hash = hashOfBytes(bytes, idStart, idEnd);
    const number = this.find(hash, bytes, idStart, idEnd);
    if (number === -1) return false;
    this.numbers.delete(hash, number);
    this.ids.release(this.references.get(number));
    this.references.set(number, 0);
    this.free.push(number);
    return true;
  }

  /** Tells of each entry, in no order, where its id is and where it begins. */
  each(tell: (bytes: Uint8Array, idStart: number, idEnd: number, start: number) => void): void {
    const { ids, references, starts } = this;
    for (let number = 0; number < this.end; number++) {
      const reference = references.get(number);
      if (reference === 0) continue;
      const offset = ids.offsetOf(reference);
      tell(ids.chunkOf(reference), offset, offset + ids.lengthOf(reference), starts.get(number));
    }
  }

  private find(hash: number, bytes: Uint8Array, idStart: number, idEnd: number): number {
    const { ids, references } = this;
    return this.numbers.find(hash, (number) => {
      const reference = references.get(number);
      if (ids.lengthOf(reference) !== idEnd - idStart) return false;
      const chunk = ids.chunkOf(reference);
      const offset = ids.offsetOf(reference) - idStart;
      for (let n = idStart; n < idEnd; n++) if (chunk[offset + n] !== bytes[n]) return false;
      return true;
    });
  }
}
