import { ByteArena } from '../columns/byte-arena.ts';
import { Uint32Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';
import { LONGEST_VARINT, VarintReader, writeVarint } from '../columns/varint.ts';

/** More words than this are not told apart by {@link WordLists.mayHave}. */
const MOST_TOLD = 127;
const FIRST_HEADS = 256;

/** The words that each document has, as numbers of the vocabulary: how many, then each, as varints in an arena. */
export class WordLists implements Movable {
  private readonly arena = new ByteArena();
  private readonly references = new Uint32Column();
  /** By slot: twice the number of words, {@link MOST_TOLD} at the most, and one more if they are of several texts. */
  private heads = new Uint8Array(FIRST_HEADS);
  private bytes = new Uint8Array(256);
  private slotsEnd = 0;

  get movables(): readonly Movable[] {
    return [this, this.arena, this.references];
  }

  handOver(): { readonly heads: Uint8Array<ArrayBuffer>; readonly slotsEnd: number } {
    const { heads, slotsEnd } = this;
    return { heads, slotsEnd };
  }

  takeOver({ heads, slotsEnd }: ReturnType<WordLists['handOver']>): void {
    this.heads = heads;
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
    let end = writeVarint(this.bytes, 0, count);
    for (let n = 0; n < count; n++) end = writeVarint(this.bytes, end, words[n] as number);
    const before = this.references.get(slot);
    const after = before === 0 ? this.arena.put(this.bytes, end) : this.arena.replace(before, this.bytes, end);
    this.references.set(slot, after);
    this.setHead(slot, 2 * Math.min(count, MOST_TOLD) + Number(texts > 1));
    if (slot >= this.slotsEnd) this.slotsEnd = slot + 1;
  }

  delete(slot: number): void {
    this.arena.release(this.references.get(slot));
    this.references.set(slot, 0);
  }

  /**
   * Whether a text of a document may have exactly so many different words. Most documents are told by one byte, which lies
   * beside those of others: a search asks this of thousands of documents, and to look at the words of each would mean to
   * wait for memory twice.
   */
  mayHave(slot: number, words: number): boolean {
    const head = this.heads[slot] as number;
    return (head & 1) === 1 || head >>> 1 === Math.min(words, MOST_TOLD);
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
    for (let left = reader.next(); left > 0; left--) tell(reader.next());
  }

  /** Writes the words over `target`. */
  read(slot: number, target: number[]): void {
    const reference = this.references.get(slot);
    let count = 0;
    if (reference !== 0) {
      const reader = new VarintReader(this.arena.chunkOf(reference), this.arena.offsetOf(reference));
      for (let left = reader.next(); left > 0; left--) target[count++] = reader.next();
    }
    // An array that is emptied before gives up its memory, and takes it again word by word.
    if (target.length !== count) target.length = count;
  }

  private setHead(slot: number, head: number): void {
    if (slot >= this.heads.length) {
      const larger = new Uint8Array(2 * (slot + 1));
      larger.set(this.heads);
      this.heads = larger;
    }
    this.heads[slot] = head;
  }
}
