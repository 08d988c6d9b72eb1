import { ByteArena } from '../columns/byte-arena.ts';
import { Float64Column, Uint32Column } from '../columns/column.ts';
import { HashTable, hashOfBytes } from '../columns/hash-table.ts';

/** Room for the longest id of an entry: its length is one byte of a frame. */
const MAX_ID_BYTES = 255;

/**
 * Where the living frame of each entry begins in the snapshot file, by the bytes of its id as latin1. Kept in columns: a
 * million texts in maps would be looked through by every collection of garbage, which stops everybody for that long.
 */
export class EntryPlaces {
  private readonly ids = new ByteArena();
  private readonly references = new Uint32Column();
  private readonly starts = new Float64Column();
  private readonly numbers = new HashTable((number) => {
    const reference = this.references.get(number);
    const offset = this.ids.offsetOf(reference);
    return hashOfBytes(this.ids.chunkOf(reference), offset, offset + this.ids.lengthOf(reference));
  });
  private readonly free: number[] = [];
  private end = 0;
  private readonly wanted = Buffer.alloc(MAX_ID_BYTES);

  get size(): number {
    return this.end - this.free.length;
  }

  get(key: string): number | undefined {
    const number = this.find(key);
    return number === -1 ? undefined : this.starts.get(number);
  }

  set(key: string, start: number): void {
    let number = this.find(key);
    if (number === -1) {
      number = this.free.pop() ?? this.end++;
      this.references.set(number, this.ids.put(this.wanted, key.length));
      this.numbers.add(hashOfBytes(this.wanted, 0, key.length), number);
    }
    this.starts.set(number, start);
  }

  delete(key: string): void {
    const number = this.find(key);
    if (number === -1) return;
    this.numbers.delete(hashOfBytes(this.wanted, 0, key.length), number);
    this.ids.release(this.references.get(number));
    this.free.push(number);
  }

  /** Leaves the bytes of the key in `wanted`. */
  private find(key: string): number {
    const { ids, references, wanted } = this;
    const { length } = key;
    wanted.write(key, 0, 'latin1');
    return this.numbers.find(hashOfBytes(wanted, 0, length), (number) => {
      const reference = references.get(number);
      if (ids.lengthOf(reference) !== length) return false;
      const chunk = ids.chunkOf(reference);
      const offset = ids.offsetOf(reference);
      for (let n = 0; n < length; n++) if (chunk[offset + n] !== wanted[n]) return false;
      return true;
    });
  }
}
