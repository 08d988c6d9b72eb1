import type { Movable } from '../columns/movable.ts';
import { OrderedNumbers } from '../columns/ordered-numbers.ts';
import type { Turn } from '../columns/pace.ts';
import { sortInTurns } from '../columns/sort-in-turns.ts';
import { TrigramIndex } from './trigram-index.ts';
import { isWithinOneTypingError } from './typing-error.ts';
import { TypoSearch } from './typo-search.ts';
import { WantedWord } from './wanted-word.ts';
import { WordTable } from './word-table.ts';

/** How a word of the vocabulary answers a word of a query; lower is better. */
export const Tier = { exact: 1, prefix: 2, substring: 3, typo: 4 } as const;
export type Tier = (typeof Tier)[keyof typeof Tier];

/** Words of one tier; they are looked for as they are read. */
export interface TierWords {
  readonly tier: Tier;
  readonly numbers: Iterable<number>;
}

/** Room for the longest word of a name in UTF-8. */
const SCRATCH_BYTES = 1_024;

/**
 * Every word that names use, by a number. Found exactly through a table of hashes, by prefix in an order, inside words
 * through their threes of bytes, and with one typing error by trying spellings; adding or removing one is a few small
 * changes to each, however many there are.
 */
export class Vocabulary {
  private readonly words = new WordTable();
  private readonly alphabet = new OrderedNumbers((a, b) => this.words.compare(a, b));
  private readonly trigrams = new TrigramIndex();
  private readonly typos = new TypoSearch(this.words);
  private readonly scratch = Buffer.alloc(SCRATCH_BYTES);
  /** The last query that found each word. */
  private found = new Uint32Array(SCRATCH_BYTES);
  private queries = 0;
  private isFilling = false;

  get movables(): readonly Movable[] {
    return [...this.words.movables, this.alphabet, ...this.trigrams.movables, ...this.typos.movables];
  }

  get size(): number {
    return this.words.size;
  }

  /** All numbers are below this. */
  get end(): number {
    return this.words.end;
  }

  word(number: number): string {
    return this.words.text(number);
  }

  /** The number of a word, new or known. */
  add(word: string): number {
    return this.addBytes(this.scratch, this.scratch.write(word, 0, 'utf8'));
  }

  /** The same for a word that comes in UTF-8. */
  addBytes(bytes: Uint8Array, length: number): number {
    const { words } = this;
    const { size } = words;
    const number = words.numberOf(bytes, length);
    if (this.isFilling || words.size === size) return number;
    this.alphabet.add(number);
    this.trigrams.add(number, words.bytesOf(number), words.startOf(number), length);
    this.typos.add(number);
    return number;
  }

  /** The number may be that of another word from now on. */
  delete(number: number): void {
    const { words } = this;
    if (!this.isFilling) {
      this.alphabet.delete(number);
      this.trigrams.delete(number, words.bytesOf(number), words.startOf(number), words.lengthOf(number));
      this.typos.delete(number);
    }
    words.delete(number);
  }

  /** Very many words are about to come; until {@link endFilling} has resolved they are found exactly alone. */
  beginFilling(): void {
    this.isFilling = this.size === 0;
    if (this.isFilling) this.words.beginFilling();
  }

  /** Makes at once, in small steps, what each word would have changed by itself. No word may come or go meanwhile. */
  async endFilling(turn: Turn): Promise<void> {
    if (!this.isFilling) return;
    const { words } = this;
    words.endFilling();
    await this.trigrams.fill(words, turn);
    const numbers = new Uint32Array(words.size);
    let count = 0;
    for (let number = 0; number < words.end; number++) if (words.has(number)) numbers[count++] = number;
    await turn();
    const keys = { keyOf: (number: number) => words.headOf(number), compare: (a: number, b: number) => words.compare(a, b) };
    const sorted = await sortInTurns(numbers, keys, () => false, turn);
    await this.alphabet.fill(sorted, turn);
    await this.typos.fill(sorted, turn);
    this.isFilling = false;
  }

  /** -1 for a word that is not there. */
  find(word: string): number {
    const bytes = Buffer.from(word);
    return this.words.find(bytes, bytes.length);
  }

  /**
   * Words that answer `word`, tier by tier from the best, each word once if each tier is read to its end before the next.
   * A tier is looked for when it is asked for: whoever has enough need not go on. Only one of these is read at a time.
   */
  *tiers(word: string): Generator<TierWords> {
    const wanted = new WantedWord(word);
    const stamp = this.nextStamp();
    const exact = this.words.find(wanted.bytes, wanted.bytes.length);
    if (exact !== -1) yield { tier: Tier.exact, numbers: this.fresh(stamp, [exact]) };
    yield { tier: Tier.prefix, numbers: this.fresh(stamp, this.prefixed(wanted)) };
    yield { tier: Tier.substring, numbers: this.containing(stamp, wanted) };
    if (wanted.isTypoForgiven) yield { tier: Tier.typo, numbers: this.fresh(stamp, this.typos.find(wanted)) };
  }

  /** How one word of the vocabulary answers another: what {@link tiers} finds, asked from the other end. */
  tierOf(number: number, wanted: WantedWord): Tier | undefined {
    const { words } = this;
    const { bytes } = wanted;
    const length = words.lengthOf(number);
    const at = words.indexIn(number, bytes);
    if (at === 0) return length === bytes.length ? Tier.exact : Tier.prefix;
    if (at > 0) return Tier.substring;
    const start = words.startOf(number);
    const isClose = wanted.isTypoForgiven && isWithinOneTypingError(words.bytesOf(number), start, start + length, bytes, 0, bytes.length);
    return isClose ? Tier.typo : undefined;
  }

  private *prefixed({ bytes }: WantedWord): Generator<number> {
    for (const number of this.alphabet.from((other) => this.words.compareBeginning(other, bytes, bytes.length) >= 0)) {
      if (this.words.compareBeginning(number, bytes, bytes.length) !== 0) return;
      yield number;
    }
  }

  private *containing(stamp: number, { bytes }: WantedWord): Generator<number> {
    const { found, words } = this;
    for (const number of this.trigrams.candidates(bytes)) {
      if (found[number] === stamp || words.indexIn(number, bytes) === -1) continue;
      found[number] = stamp;
      yield number;
    }
  }

  /** Those that this query has not found yet. */
  private *fresh(stamp: number, numbers: Iterable<number>): Generator<number> {
    const { found } = this;
    for (const number of numbers) {
      if (found[number] === stamp) continue;
      found[number] = stamp;
      yield number;
    }
  }

  /** A number that no word was stamped with yet. */
  private nextStamp(): number {
    if (this.end > this.found.length || this.queries === 0xffff_ffff) {
      this.found = new Uint32Array(Math.max(this.end, this.found.length) * 2);
      this.queries = 0;
    }
    return ++this.queries;
  }
}
