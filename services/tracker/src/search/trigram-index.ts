import { Uint32Column } from '../columns/column.ts';
import { HashTable, hashOfPair } from '../columns/hash-table.ts';
import { NumberBuffer, PostingLists } from './posting-lists.ts';

const BYTES = 256;

/**
 * Which words have which three bytes in a row; behind a word come two zeros, so that each of its bytes begins three.
 * Whatever is part of a word is found by the three bytes that fewest words have, and parts of one or two bytes by all
 * threes that begin so.
 */
export class TrigramIndex {
  private readonly lists = new PostingLists();
  private readonly keys = new Uint32Column();
  private readonly numbers = new HashTable((list) => hashOfPair(this.keys.get(list), 0));
  private count = 0;
  /** Lists by their first two bytes. */
  private readonly byPair = new Map<number, number[]>();
  private readonly buffer = new NumberBuffer();

  add(word: number, bytes: Uint8Array, start: number, length: number): void {
    for (let at = 0; at < length; at++) this.lists.add(this.listOf(keyAt(bytes, start, at, length)), word);
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
    } else for (const pair of pairsOf(wanted)) for (const list of this.byPair.get(pair) ?? []) lists.read(list, buffer);
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
    return this.numbers.find(hashOfPair(key, 0), (list) => this.keys.get(list) === key);
  }

  private listOf(key: number): number {
    const known = this.find(key);
    if (known !== -1) return known;
    const list = this.count++;
    this.keys.set(list, key);
    this.numbers.add(hashOfPair(key, 0), list);
    const pair = key >>> 8;
    const others = this.byPair.get(pair);
    if (others) others.push(list);
    else this.byPair.set(pair, [list]);
    return list;
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
