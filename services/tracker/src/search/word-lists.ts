import { ByteArena } from '../columns/byte-arena.ts';
import { Uint32Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';
import { LONGEST_VARINT, VarintReader, writeVarint } from '../columns/varint.ts';

/** The words that each document has, as numbers of the vocabulary: how many, then each, as varints in an arena. */
export class WordLists implements Movable {
  private readonly arena = new ByteArena();
  private readonly references = new Uint32Column();
  private bytes = new Uint8Array(256);
  private slotsEnd = 0;

  get movables(): readonly Movable[] {
    return [this, this.arena, this.references];
  }

  handOver(): number {
    return this.slotsEnd;
  }

  takeOver(slotsEnd: number): void {
    this.slotsEnd = slotsEnd;
  }

  /** All slots with words are below this. */
  get end(): number {
    return this.slotsEnd;
  }

  has(slot: number): boolean {
    return this.references.get(slot) !== 0;
  }

  /**
   * @param texts how many texts the words are of
   * @param count how many of the numbers are words of it
   */
  set(slot: number, words: ArrayLike<number>, texts: number, count = words.length): void {
    const most = (count + 1) * LONGEST_VARINT;
    if (this.bytes.length < most) this.bytes = new Uint8Array(most * 2);
    let end = writeVarint(this.bytes, 0, 2 * count + Number(texts > 1));
    for (let n = 0; n < count; n++) end = writeVarint(this.bytes, end, words[n] as number);
    const before = this.references.get(slot);
    const after = before === 0 ? this.arena.put(this.bytes, end) : this.arena.replace(before, this.bytes, end);
    this.references.set(slot, after);
    if (slot >= this.slotsEnd) this.slotsEnd = slot + 1;
  }

  delete(slot: number): void {
    this.arena.release(this.references.get(slot));
    this.references.set(slot, 0);
  }

  /** Empty for a slot without words. */
  of(slot: number): number[] {
    const words: number[] = [];
    this.read(slot, words);
    return words;
  }

  /** Tells each word. */
  each(slot: number, tell: (word: number) => void): void {
    const reference = this.references.get(slot);
    if (reference === 0) return;
    const reader = new VarintReader(this.arena.chunkOf(reference), this.arena.offsetOf(reference));
    for (let left = reader.next() >>> 1; left > 0; left--) tell(reader.next());
  }

  /**
   * Writes the words over `target`.
   * @returns whether they are all words of one text
   */
  read(slot: number, target: number[]): boolean {
    target.length = 0;
    const reference = this.references.get(slot);
    if (reference === 0) return true;
    const reader = new VarintReader(this.arena.chunkOf(reference), this.arena.offsetOf(reference));
    const head = reader.next();
    for (let left = head >>> 1; left > 0; left--) target.push(reader.next());
    return (head & 1) === 0;
  }
}
