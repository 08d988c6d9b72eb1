import { ShardedMap } from '../catalog/sharded-map.ts';
import { areSignaturesClose, isWithinOneTypingError, letterSignature } from './typing-error.ts';

/** How a word of the vocabulary answers a word of a query; lower is better. */
export const Tier = { exact: 1, prefix: 2, substring: 3, typo: 4 } as const;
export type Tier = (typeof Tier)[keyof typeof Tier];

/** Words that wait, unsorted, for the next merge into the sorted ones: a merge costs one pass over all words. */
export const MAX_FRESH_WORDS = 1_024;
/** Shorter words get no typing error forgiven: almost every short word is one error away from another. */
export const MIN_TYPO_WORD_LENGTH = 3;

const SEPARATOR = 0;
const FIRST_CAPACITY = 1_024;

/**
 * Every word that names use, by a number that stays. Words are only ever added, so that each change is small:
 * found exactly by a map, by prefix in a sorted list, inside words by one native search over all letters, and with
 * one typing error by a scan over 32-bit signatures.
 */
export class Vocabulary {
  private readonly words: string[] = [];
  private readonly numbers = new ShardedMap<string, number>();
  /** Numbers of words in the order of the words; the freshest ones are still outside. */
  private sorted: number[] = [];
  private fresh: number[] = [];
  /** All words in UTF-8 behind each other, each followed by a separator. */
  private letters = Buffer.alloc(FIRST_CAPACITY * 8);
  private lettersEnd = 0;
  private starts = new Uint32Array(FIRST_CAPACITY);
  private signatures = new Uint32Array(FIRST_CAPACITY);
  private lengths = new Uint8Array(FIRST_CAPACITY);

  get size(): number {
    return this.words.length;
  }

  word(number: number): string {
    return this.words[number] as string;
  }

  /** The number of a word, new or known. */
  add(word: string): number {
    const known = this.numbers.get(word);
    if (known !== undefined) return known;
    const number = this.words.length;
    this.reserve(number, word);
    this.words.push(word);
    this.numbers.set(word, number);
    this.starts[number] = this.lettersEnd;
    this.lettersEnd += this.letters.write(word, this.lettersEnd, 'utf8');
    this.letters[this.lettersEnd++] = SEPARATOR;
    this.signatures[number] = letterSignature(word);
    this.lengths[number] = word.length;
    this.fresh.push(number);
    if (this.fresh.length >= MAX_FRESH_WORDS) this.merge();
    return number;
  }

  /**
   * Words that answer `word`, tier by tier from the best, each word once. A tier is looked for when it is asked for:
   * whoever has enough need not go on.
   */
  *tiers(word: string): Generator<{ readonly tier: Tier; readonly numbers: readonly number[] }> {
    const found = new Uint8Array(this.words.length);
    const taken = (tier: Tier, numbers: Iterable<number>) => {
      const fresh: number[] = [];
      for (const number of numbers) {
        if (found[number] !== 0) continue;
        found[number] = tier;
        fresh.push(number);
      }
      return { tier, numbers: fresh };
    };
    const exact = this.numbers.get(word);
    if (exact !== undefined) yield taken(Tier.exact, [exact]);
    yield taken(Tier.prefix, this.prefixed(word));
    yield taken(Tier.substring, this.containing(word));
    if (word.length >= MIN_TYPO_WORD_LENGTH) yield taken(Tier.typo, this.mistyped(word));
  }

  /** How one word of the vocabulary answers `word`: what {@link tiers} finds, asked from the other end. */
  tierOf(number: number, word: string): Tier | undefined {
    const own = this.word(number);
    const at = own.indexOf(word);
    if (at === 0) return own.length === word.length ? Tier.exact : Tier.prefix;
    if (at > 0) return Tier.substring;
    return word.length >= MIN_TYPO_WORD_LENGTH && isWithinOneTypingError(own, word) ? Tier.typo : undefined;
  }

  private *prefixed(word: string): Generator<number> {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.word(this.sorted[middle] as number) < word) low = middle + 1;
      else high = middle;
    }
    for (; low < this.sorted.length; low++) {
      const number = this.sorted[low] as number;
      if (!this.word(number).startsWith(word)) break;
      yield number;
    }
    for (const number of this.fresh) if (this.word(number).startsWith(word)) yield number;
  }

  private *containing(word: string): Generator<number> {
    const wanted = Buffer.from(word);
    const letters = this.letters.subarray(0, this.lettersEnd);
    let number = 0;
    for (let at = letters.indexOf(wanted); at !== -1; at = letters.indexOf(wanted, this.endOf(number))) {
      number = this.numberAt(at, number);
      yield number;
    }
  }

  private mistyped(word: string): number[] {
    const { signatures, lengths } = this;
    const signature = letterSignature(word);
    const { length } = word;
    const found: number[] = [];
    for (let number = 0; number < this.words.length; number++) {
      const difference = (lengths[number] as number) - length;
      if (difference > 1 || difference < -1 || !areSignaturesClose(signature, signatures[number] as number)) continue;
      if (isWithinOneTypingError(word, this.word(number))) found.push(number);
    }
    return found;
  }

  private endOf(number: number): number {
    return number + 1 < this.words.length ? (this.starts[number + 1] as number) : this.lettersEnd;
  }

  /** The word whose letters hold the byte at `offset`; it is not before `from`. */
  private numberAt(offset: number, from: number): number {
    let low = from;
    let high = this.words.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private merge(): void {
    const compare = (a: number, b: number) => (this.word(a) < this.word(b) ? -1 : 1);
    const fresh = this.fresh.sort(compare);
    const merged: number[] = new Array(this.sorted.length + fresh.length);
    let next = 0;
    let at = 0;
    for (const number of fresh) {
      const word = this.word(number);
      while (next < this.sorted.length && this.word(this.sorted[next] as number) < word) merged[at++] = this.sorted[next++] as number;
      merged[at++] = number;
    }
    while (next < this.sorted.length) merged[at++] = this.sorted[next++] as number;
    this.sorted = merged;
    this.fresh = [];
  }

  private reserve(number: number, word: string): void {
    if (number >= this.starts.length) {
      this.starts = grown(this.starts, new Uint32Array(this.starts.length * 2));
      this.signatures = grown(this.signatures, new Uint32Array(this.signatures.length * 2));
      this.lengths = grown(this.lengths, new Uint8Array(this.lengths.length * 2));
    }
    const needed = this.lettersEnd + word.length * 3 + 1;
    if (needed > this.letters.length) this.letters = grown(this.letters, Buffer.alloc(Math.max(needed, this.letters.length * 2)));
  }
}

function grown<A extends Uint8Array | Uint32Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
