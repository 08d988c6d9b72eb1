import { Uint32Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { NumberBuffer, PostingLists } from './posting-lists.ts';
import { PostingSort } from './posting-sort.ts';
import type { WordTable } from './word-table.ts';

const BYTES = 256;
/** Words whose threes are looked at before others may get their turn. */
const WORDS_PER_TURN = 256;

/**
 * Which words have which three bytes in a row; behind a word come two zeros, so that each of its bytes begins three.
 * Whatever is part of a word is found by the three bytes that fewest words have, and parts of one or two bytes by all
 * threes that begin so.
 */
export class TrigramIndex implements Movable {
  private readonly lists = new PostingLists();
  /** By their first two bytes, then by the third: one more than the list; 0 for none. */
  private readonly pages: (Uint32Array | undefined)[] = new Array(BYTES * BYTES);
  private count = 0;
  private readonly buffer = new NumberBuffer();

  get movables(): readonly Movable[] {
    return [this, ...this.lists.movables];
  }

  handOver(): { readonly numbers: Uint32Array; readonly lists: Uint32Array; readonly count: number } {
    const numbers = Uint32Array.from(this.pages.keys()).filter((number) => this.pages[number] !== undefined);
    const lists = new Uint32Array(numbers.length * BYTES);
    for (const [n, number] of numbers.entries()) lists.set(this.pages[number] as Uint32Array, n * BYTES);
    return { numbers, lists, count: this.count };
  }

  takeOver({ numbers, lists, count }: ReturnType<TrigramIndex['handOver']>): void {
    this.pages.fill(undefined);
    for (const [n, number] of numbers.entries()) this.pages[number] = lists.subarray(n * BYTES, (n + 1) * BYTES);
    this.count = count;
  }

  add(word: number, bytes: Uint8Array, start: number, length: number): void {
    for (let at = 0; at < length; at++) this.lists.add(this.listOf(keyAt(bytes, start, at, length)), word);
  }

  /** Takes all words of a table at once; there may be none yet. */
  async fill(words: WordTable, turn: Turn): Promise<void> {
    const sort = new PostingSort();
    const count = (list: number) => sort.count(list);
    const place = (list: number, word: number) => sort.place(list, word);
    for (const take of [count, place]) {
      if (take === place) sort.arrange();
      const seen = new Uint32Column();
      for (let start = 0; start < words.end; start += WORDS_PER_TURN) {
        await turn();
        this.takeSome(words, start, Math.min(start + WORDS_PER_TURN, words.end), seen, take);
      }
    }
    await sort.fill(this.lists, turn);
  }

  /**
   * Takes the threes of words from `start` to `end`.
   * @param seen one more than the last word that each list got: a word may have the same three twice
   */
  private takeSome(words: WordTable, start: number, end: number, seen: Uint32Column, take: (list: number, word: number) => void): void {
    for (let word = start; word < end; word++) {
      if (!words.has(word)) continue;
      const bytes = words.bytesOf(word);
      const wordStart = words.startOf(word);
      const length = words.lengthOf(word);
      for (let at = 0; at < length; at++) {
        const list = this.listOf(keyAt(bytes, wordStart, at, length));
        if (seen.get(list) === word + 1) continue;
        seen.set(list, word + 1);
        take(list, word);
      }
    }
  }

  delete(word: number, bytes: Uint8Array, start: number, length: number): void {
    for (let at = 0; at < length; at++) this.lists.delete(this.listOf(keyAt(bytes, start, at, length)), word);
  }

  /**
   * Words that may contain the bytes; all that do are among them, and one may come several times.
   * @returns numbers that the next call writes over
   */
  candidates(wanted: Uint8Array): Uint32Array {
    const { buffer, lists } = this;
    buffer.length = 0;
    if (wanted.length >= 3) {
      const rarest = this.rarest(wanted);
      if (rarest !== -1) lists.read(rarest, buffer);
    } else for (const pair of pairsOf(wanted)) for (const list of this.pages[pair] ?? []) if (list !== 0) lists.read(list - 1, buffer);
    return buffer.items.subarray(0, buffer.length);
  }

  /** -1 if some three bytes are in no word. */
  private rarest(wanted: Uint8Array): number {
    let rarest = -1;
    for (let at = 0; at + 3 <= wanted.length; at++) {
      const list = this.find(keyAt(wanted, 0, at, wanted.length));
      if (list === -1) return -1;
      if (rarest === -1 || this.lists.countOf(list) < this.lists.countOf(rarest)) rarest = list;
    }
    return rarest;
  }

  private find(key: number): number {
    const page = this.pages[key >>> 8];
    return page === undefined ? -1 : (page[key & (BYTES - 1)] as number) - 1;
  }

  private listOf(key: number): number {
    let page = this.pages[key >>> 8];
    if (page === undefined) {
      page = new Uint32Array(BYTES);
      this.pages[key >>> 8] = page;
    }
    const place = key & (BYTES - 1);
    if (page[place] === 0) page[place] = ++this.count;
    return (page[place] as number) - 1;
  }
}

function keyAt(bytes: Uint8Array, start: number, at: number, length: number): number {
  const second = at + 1 < length ? (bytes[start + at + 1] as number) : 0;
  const third = at + 2 < length ? (bytes[start + at + 2] as number) : 0;
  return ((bytes[start + at] as number) << 16) | (second << 8) | third;
}

function pairsOf(wanted: Uint8Array): number[] {
  const [first = 0, second] = wanted;
  if (second !== undefined) return [(first << 8) | second];
  return Array.from({ length: BYTES }, (_, any) => (first << 8) | any);
}
