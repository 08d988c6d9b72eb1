import type { Movable } from '../columns/movable.ts';
import { OrderedNumbers } from '../columns/ordered-numbers.ts';
import type { Turn } from '../columns/pace.ts';
import { SORTED_PER_TURN, sortInTurns } from '../columns/sort-in-turns.ts';
import { isWithinOneTypingError } from './typing-error.ts';
import type { WantedWord } from './wanted-word.ts';
import type { WordTable } from './word-table.ts';

const ASCII_END = 128;
/** Room for the longest word and one byte more. */
const SCRATCH_BYTES = 1_024;

/**
 * Finds words that are one typing error away. Words in ASCII, which most are, are found by trying every spelling: as many
 * look-ups as the word has letters times twice the letters in use, however many words there are. Of words with other
 * letters, which are too many to try, one half is as it was typed: they are kept in order from both ends.
 */
export class TypoSearch implements Movable {
  /** How many words use each letter of ASCII. */
  private letterUses = new Uint32Array(ASCII_END);
  private readonly fromStart: OrderedNumbers;
  private readonly fromEnd: OrderedNumbers;
  private readonly spelling = new Uint8Array(SCRATCH_BYTES);

  constructor(private readonly words: WordTable) {
    this.fromStart = new OrderedNumbers((a, b) => words.compare(a, b));
    this.fromEnd = new OrderedNumbers((a, b) => words.compareFromEnd(a, b));
  }

  get movables(): readonly Movable[] {
    return [this, this.fromStart, this.fromEnd];
  }

  handOver(): Uint32Array {
    return this.letterUses;
  }

  takeOver(letterUses: Uint32Array<ArrayBuffer>): void {
    this.letterUses = letterUses;
  }

  add(word: number): void {
    this.countLetters(word, 1);
    if (!this.isForeign(word)) return;
    this.fromStart.add(word);
    this.fromEnd.add(word);
  }

  /** Takes very many words at once, which come in the order of their bytes. */
  async fill(sorted: Uint32Array, turn: Turn): Promise<void> {
    const foreign: number[] = [];
    for (let at = 0; at < sorted.length; at++) {
      const word = sorted[at] as number;
      this.countLetters(word, 1);
      if (this.isForeign(word)) foreign.push(word);
      if (at % SORTED_PER_TURN === 0) await turn();
    }
    const words = Uint32Array.from(foreign);
    await this.fromStart.fill(words, turn);
    const { words: table } = this;
    const keys = { keyOf: () => 0, compare: (a: number, b: number) => table.compareFromEnd(a, b) };
    await this.fromEnd.fill(await sortInTurns(words, keys, () => false, turn), turn);
  }

  /** The word is still in the table. */
  delete(word: number): void {
    this.countLetters(word, -1);
    if (!this.isForeign(word)) return;
    this.fromStart.delete(word);
    this.fromEnd.delete(word);
  }

  /** Words that differ from the wanted one by one error, some of them several times; it may be among them itself. */
  *find(wanted: WantedWord): Generator<number> {
    if (!wanted.isTypoForgiven) return;
    yield* this.spelled(wanted);
    if (this.fromStart.size > 0) yield* this.foreign(wanted);
  }

  private *spelled({ bytes, borders, length, foreignCharacters }: WantedWord): Generator<number> {
    if (foreignCharacters > 1) return;
    const { spelling, words } = this;
    const letters = this.lettersInUse();
    for (let n = 0; n <= length; n++) {
      const start = borders[n] as number;
      const end = borders[n + 1];
      if (end !== undefined && (foreignCharacters === 0 || end - start > 1)) {
        // Without this character, and with another in its place.
        spelling.set(bytes.subarray(0, start));
        spelling.set(bytes.subarray(end), start);
        const without = words.find(spelling, bytes.length - (end - start));
        if (without !== -1) yield without;
        spelling.set(bytes.subarray(end), start + 1);
        for (const letter of letters) {
          spelling[start] = letter;
          const replaced = words.find(spelling, bytes.length - (end - start) + 1);
          if (replaced !== -1) yield replaced;
        }
      }
      if (foreignCharacters > 0) continue;
      // With one more before this place, and with those on both sides of it swapped.
      spelling.set(bytes.subarray(0, start));
      spelling.set(bytes.subarray(start), start + 1);
      for (const letter of letters) {
        spelling[start] = letter;
        const added = words.find(spelling, bytes.length + 1);
        if (added !== -1) yield added;
      }
      if (n === 0 || n === length) continue;
      spelling.set(bytes);
      spelling[start - 1] = bytes[start] as number;
      spelling[start] = bytes[start - 1] as number;
      const swapped = words.find(spelling, bytes.length);
      if (swapped !== -1) yield swapped;
    }
  }

  private lettersInUse(): readonly number[] {
    const letters: number[] = [];
    for (let letter = 0; letter < ASCII_END; letter++) if (this.letterUses[letter] !== 0) letters.push(letter);
    return letters;
  }

  /** An error leaves one half as it was; only a swap at the border changes both. */
  private *foreign(wanted: WantedWord): Generator<number> {
    const { bytes, borders, length } = wanted;
    const { words } = this;
    const middle = length >> 1;
    const border = borders[middle] as number;
    yield* this.near(wanted, this.beginningWith(bytes, border));
    yield* this.near(wanted, this.endingWith(bytes, border, bytes.length));
    const swapped = Buffer.concat([
      bytes.subarray(0, borders[middle - 1]),
      bytes.subarray(border, borders[middle + 1]),
      bytes.subarray(borders[middle - 1], border),
    ]);
    for (const word of this.beginningWith(swapped, swapped.length))
      if (words.lengthOf(word) === bytes.length && words.compareEnd(word, bytes, swapped.length, bytes.length) === 0) yield word;
  }

  private *near({ bytes }: WantedWord, candidates: Iterable<number>): Generator<number> {
    const { words } = this;
    for (const word of candidates) {
      const start = words.startOf(word);
      if (isWithinOneTypingError(words.bytesOf(word), start, start + words.lengthOf(word), bytes, 0, bytes.length)) yield word;
    }
  }

  private *beginningWith(bytes: Uint8Array, length: number): Generator<number> {
    for (const word of this.fromStart.from((other) => this.words.compareBeginning(other, bytes, length) >= 0)) {
      if (this.words.compareBeginning(word, bytes, length) !== 0) return;
      yield word;
    }
  }

  private *endingWith(bytes: Uint8Array, from: number, to: number): Generator<number> {
    for (const word of this.fromEnd.from((other) => this.words.compareEnd(other, bytes, from, to) >= 0)) {
      if (this.words.compareEnd(word, bytes, from, to) !== 0) return;
      yield word;
    }
  }

  private isForeign(word: number): boolean {
    const bytes = this.words.bytesOf(word);
    const start = this.words.startOf(word);
    const end = start + this.words.lengthOf(word);
    for (let at = start; at < end; at++) if ((bytes[at] as number) >= ASCII_END) return true;
    return false;
  }

  private countLetters(word: number, change: 1 | -1): void {
    const bytes = this.words.bytesOf(word);
    const start = this.words.startOf(word);
    const end = start + this.words.lengthOf(word);
    for (let at = start; at < end; at++) {
      const letter = bytes[at] as number;
      if (letter < ASCII_END) this.letterUses[letter] = (this.letterUses[letter] as number) + change;
    }
  }
}
