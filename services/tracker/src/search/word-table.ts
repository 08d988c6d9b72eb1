import { ByteArena } from '../columns/byte-arena.ts';
import { Uint32Column } from '../columns/column.ts';
import { HashTable, hashOfBytes } from '../columns/hash-table.ts';
import type { Movable } from '../columns/movable.ts';
import { RecentWords } from './recent-words.ts';

/** As many as a number holds exactly. */
const HEAD_BYTES = 6;

/** Words in UTF-8 by a number that is used again when a word is gone, and numbers by words. */
export class WordTable implements Movable {
  private readonly arena = new ByteArena();
  private readonly references = new Uint32Column();
  private readonly numbers = new HashTable((number) => this.hashes?.get(number) ?? this.hashOf(number));
  /** The hashes of words while very many come: a table that grows looks at each of its words again. */
  private hashes: Uint32Column | undefined;
  private readonly recent = new RecentWords();
  private free: number[] = [];
  private numbersEnd = 0;
  private count = 0;

  get movables(): readonly Movable[] {
    return [this, this.arena, this.references, this.numbers];
  }

  handOver(): { readonly free: number[]; readonly numbersEnd: number; readonly count: number } {
    const { free, numbersEnd, count } = this;
    return { free, numbersEnd, count };
  }

  takeOver({ free, numbersEnd, count }: ReturnType<WordTable['handOver']>): void {
    this.free = free;
    this.numbersEnd = numbersEnd;
    this.count = count;
  }

  get size(): number {
    return this.count;
  }

  /** All numbers are below this. */
  get end(): number {
    return this.numbersEnd;
  }

  /** Very many words are about to come. */
  beginFilling(): void {
    this.hashes = new Uint32Column();
  }

  endFilling(): void {
    this.hashes = undefined;
  }

  /** -1 for a word that is not there. */
  find(bytes: Uint8Array, length: number): number {
    return this.findHash(hashOfBytes(bytes, 0, length), bytes, length);
  }

  /** The number of a word, new or known. */
  numberOf(bytes: Uint8Array, length: number): number {
    const hash = hashOfBytes(bytes, 0, length);
    const recent = this.recent.find(hash, bytes, length);
    if (recent !== -1) return recent;
    const known = this.findHash(hash, bytes, length);
    if (known !== -1) {
      this.recent.remember(hash, bytes, length, known);
      return known;
    }
    const number = this.free.pop() ?? this.numbersEnd++;
    this.references.set(number, this.arena.put(bytes, length));
    this.hashes?.set(number, hash);
    this.numbers.add(hash, number);
    this.count++;
    return number;
  }

  delete(number: number): void {
    const hash = this.hashOf(number);
    this.recent.forget(hash);
    this.numbers.delete(hash, number);
    this.arena.release(this.references.get(number));
    this.references.set(number, 0);
    this.free.push(number);
    this.count--;
  }

  /** Whether the number is that of a word now. */
  has(number: number): boolean {
    return this.references.get(number) !== 0;
  }

  /** The first six bytes as one number, which decides most comparisons. */
  headOf(number: number): number {
    const bytes = this.bytesOf(number);
    const start = this.startOf(number);
    const end = start + this.lengthOf(number);
    let head = 0;
    for (let at = start; at < start + HEAD_BYTES; at++) head = head * 256 + (at < end ? (bytes[at] as number) : 0);
    return head;
  }

  /** The bytes that hold the word, from {@link startOf} on. */
  bytesOf(number: number): Buffer {
    return this.arena.chunkOf(this.references.get(number));
  }

  startOf(number: number): number {
    return this.arena.offsetOf(this.references.get(number));
  }

  lengthOf(number: number): number {
    return this.arena.lengthOf(this.references.get(number));
  }

  text(number: number): string {
    const start = this.startOf(number);
    return this.bytesOf(number).toString('utf8', start, start + this.lengthOf(number));
  }

  /** In the order of their bytes. */
  compare(a: number, b: number): number {
    const [bytesA, bytesB] = [this.bytesOf(a), this.bytesOf(b)];
    const [startA, startB] = [this.startOf(a), this.startOf(b)];
    const [lengthA, lengthB] = [this.lengthOf(a), this.lengthOf(b)];
    const shared = Math.min(lengthA, lengthB);
    for (let n = 0; n < shared; n++) {
      const difference = (bytesA[startA + n] as number) - (bytesB[startB + n] as number);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** In the order of their bytes read from the end. */
  compareFromEnd(a: number, b: number): number {
    const [bytesA, bytesB] = [this.bytesOf(a), this.bytesOf(b)];
    const [lengthA, lengthB] = [this.lengthOf(a), this.lengthOf(b)];
    const [endA, endB] = [this.startOf(a) + lengthA, this.startOf(b) + lengthB];
    const shared = Math.min(lengthA, lengthB);
    for (let n = 1; n <= shared; n++) {
      const difference = (bytesA[endA - n] as number) - (bytesB[endB - n] as number);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** How the beginning of a word compares with bytes; 0 if it begins with them. */
  compareBeginning(number: number, wanted: Uint8Array, length: number): number {
    const bytes = this.bytesOf(number);
    const start = this.startOf(number);
    const own = this.lengthOf(number);
    for (let n = 0; n < length; n++) {
      if (n === own) return -1;
      const difference = (bytes[start + n] as number) - (wanted[n] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The same from the end: 0 if the word ends with the bytes from `from` to `to`. */
  compareEnd(number: number, wanted: Uint8Array, from: number, to: number): number {
    const bytes = this.bytesOf(number);
    const own = this.lengthOf(number);
    const end = this.startOf(number) + own;
    for (let n = 1; n <= to - from; n++) {
      if (n > own) return -1;
      const difference = (bytes[end - n] as number) - (wanted[to - n] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Where a word has the wanted bytes; -1 if nowhere. */
  indexIn(number: number, wanted: Uint8Array): number {
    const bytes = this.bytesOf(number);
    const start = this.startOf(number);
    const last = this.lengthOf(number) - wanted.length;
    const first = wanted[0];
    for (let at = 0; at <= last; at++) {
      if (bytes[start + at] !== first) continue;
      let n = 1;
      while (n < wanted.length && bytes[start + at + n] === wanted[n]) n++;
      if (n >= wanted.length) return at;
    }
    return -1;
  }

  private hashOf(number: number): number {
    const start = this.startOf(number);
    return hashOfBytes(this.bytesOf(number), start, start + this.lengthOf(number));
  }

  private findHash(hash: number, bytes: Uint8Array, length: number): number {
    return this.numbers.find(hash, (number) => {
      const reference = this.references.get(number);
      if (this.arena.lengthOf(reference) !== length) return false;
      const chunk = this.arena.chunkOf(reference);
      const start = this.arena.offsetOf(reference);
      for (let n = 0; n < length; n++) if (chunk[start + n] !== bytes[n]) return false;
      return true;
    });
  }
}
