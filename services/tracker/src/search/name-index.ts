import { foldText, MAX_QUERY_WORDS, wordsOf } from './fold.ts';
import { Tier, Vocabulary } from './vocabulary.ts';

/** The tier of a document one of whose texts is the whole query; better than that of exact words. */
export const WHOLE_TEXT_TIER = 0;

/** A list of postings is swept when this share of it is dead, and at least this many. */
const SWEEP_SHARE = 0.5;
const LEAST_SWEEP = 64;

/**
 * Finds documents, known by a slot (a small whole number that may be used again), by the words of their texts.
 * Each word keeps the slots that use it and each slot its words. A slot that changes leaves its old postings where they
 * are: they are told by the slot's own words and swept when a list is half dead, so that no change costs more than the
 * words of one document.
 */
export class NameIndex {
  private readonly vocabulary = new Vocabulary();
  private readonly postings: number[][] = [];
  private readonly dead: number[] = [];
  private readonly wordsBySlot: (Uint32Array | undefined)[] = [];
  private readonly texts: (readonly string[] | undefined)[] = [];

  /** Words that were ever used, for people who watch the index. */
  get vocabularySize(): number {
    return this.vocabulary.size;
  }

  /** Says what the document in `slot` is found by; the first text is its name. */
  set(slot: number, texts: readonly string[]): void {
    const before = this.wordsBySlot[slot];
    const words = Uint32Array.from(new Set(texts.flatMap(wordsOf)), (word) => this.vocabulary.add(word));
    this.wordsBySlot[slot] = words;
    this.texts[slot] = texts;
    for (const word of words) {
      if (before?.includes(word)) continue;
      const postings = this.postings[word];
      if (postings) postings.push(slot);
      else this.postings[word] = [slot];
    }
    for (const word of before ?? []) if (!words.includes(word)) this.bury(word);
  }

  delete(slot: number): void {
    const before = this.wordsBySlot[slot];
    this.wordsBySlot[slot] = undefined;
    this.texts[slot] = undefined;
    for (const word of before ?? []) this.bury(word);
  }

  /**
   * The documents that have an answer to every word of the query, with a tier: that of the word that fits worst.
   * Words in any order; an empty map for a query without words.
   */
  match(query: string): Map<number, number> {
    const perWord = wordsOf(query)
      .slice(0, MAX_QUERY_WORDS)
      .map((word) => this.vocabulary.matches(word));
    const rarest = perWord.reduce<Map<number, Tier> | undefined>(
      (best, matches) => (best && this.postingCount(best) <= this.postingCount(matches) ? best : matches),
      undefined,
    );
    const found = new Map<number, number>();
    if (!rarest) return found;
    const others = perWord.filter((matches) => matches !== rarest);
    const whole = foldText(query.trim());
    for (const word of rarest.keys())
      for (const slot of this.postings[word] ?? []) {
        if (found.has(slot)) continue;
        const tier = this.tierOf(slot, word, rarest, others, whole);
        if (tier !== undefined) found.set(slot, tier);
      }
    return found;
  }

  /** The tier of one document; undefined if a word has no answer or the posting is dead. */
  private tierOf(
    slot: number,
    found: number,
    rarest: ReadonlyMap<number, Tier>,
    others: readonly ReadonlyMap<number, Tier>[],
    whole: string,
  ): number | undefined {
    const words = this.wordsBySlot[slot];
    if (!words?.includes(found)) return undefined;
    let worst = bestTier(words, rarest) as number;
    for (const matches of others) {
      const tier = bestTier(words, matches);
      if (tier === undefined) return undefined;
      worst = Math.max(worst, tier);
    }
    const isWhole = worst === Tier.exact && this.texts[slot]?.some((text) => foldText(text.trim()) === whole);
    return isWhole ? WHOLE_TEXT_TIER : worst;
  }

  private postingCount(matches: ReadonlyMap<number, Tier>): number {
    let count = 0;
    for (const word of matches.keys()) count += this.postings[word]?.length ?? 0;
    return count;
  }

  private bury(word: number): void {
    const postings = this.postings[word] ?? [];
    this.dead[word] = (this.dead[word] ?? 0) + 1;
    if ((this.dead[word] as number) < Math.max(LEAST_SWEEP, postings.length * SWEEP_SHARE)) return;
    this.postings[word] = [...new Set(postings)].filter((slot) => this.wordsBySlot[slot]?.includes(word));
    this.dead[word] = 0;
  }
}

function bestTier(words: Uint32Array, matches: ReadonlyMap<number, Tier>): Tier | undefined {
  let best: Tier | undefined;
  for (const word of words) {
    const tier = matches.get(word);
    if (tier !== undefined && (best === undefined || tier < best)) best = tier;
  }
  return best;
}
