import { foldText, MAX_QUERY_WORDS, wordsOf } from './fold.ts';
import { Tier, Vocabulary } from './vocabulary.ts';

/** The tier of a document one of whose texts is the whole query; better than that of exact words. */
export const WHOLE_TEXT_TIER = 0;

/** The most documents that one query finds: the best tiers first, so that a word of every name costs no more than a rare one. */
export const MAX_MATCHES = 10_000;

/** Words of fewer letters are parts of so many others that a query with longer words is not answered from them. */
const MIN_LEADING_WORD_LENGTH = 3;

/** A list of postings is swept when this share of it is dead, and at least this many. */
const SWEEP_SHARE = 0.5;
const LEAST_SWEEP = 64;

/** One document that answers a query. */
export interface Match {
  readonly slot: number;
  /** That of the query's word that fits worst, or {@link WHOLE_TEXT_TIER}. */
  readonly tier: number;
}

/** A word of a query against the words of documents. */
interface Wanted {
  readonly word: string;
  tierOf(number: number): number | undefined;
}

/** The word of a query that documents are found by, best answers first; the others only confirm. */
interface Leading {
  readonly word: string;
  readonly tiers: Iterable<{ readonly tier: Tier; readonly numbers: readonly number[] }>;
}

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
  private readonly wordsBySlot: (readonly number[] | undefined)[] = [];
  /** The last query that saw each slot. */
  private seen = new Uint32Array(1_024);
  private queries = 0;

  /** @param textsOf what the document in a slot is found by */
  constructor(private readonly textsOf: (slot: number) => readonly string[]) {}

  /** Words that were ever used, for people who watch the index. */
  get vocabularySize(): number {
    return this.vocabulary.size;
  }

  /** The document in `slot` is new or its texts have changed. */
  set(slot: number): void {
    const before = this.wordsBySlot[slot] ?? [];
    const words = [...new Set(this.textsOf(slot).flatMap(wordsOf))].map((word) => this.vocabulary.add(word));
    this.wordsBySlot[slot] = words;
    for (const word of words) {
      if (before.includes(word)) continue;
      const postings = this.postings[word];
      if (postings) postings.push(slot);
      else this.postings[word] = [slot];
    }
    for (const word of before) if (!words.includes(word)) this.bury(word);
  }

  delete(slot: number): void {
    const before = this.wordsBySlot[slot] ?? [];
    this.wordsBySlot[slot] = undefined;
    for (const word of before) this.bury(word);
  }

  /**
   * Documents that have an answer to every word of the query, in any order of words; none for a query without words.
   * At most `limit`, and then those whose leading word fits best.
   */
  match(query: string, limit = MAX_MATCHES): Match[] {
    const words = wordsOf(query).slice(0, MAX_QUERY_WORDS);
    const matches: Match[] = [];
    if (words.length === 0) return matches;
    const { leading, others } = this.plan(words);
    const whole = foldText(query.trim());
    const stamp = this.nextStamp();
    for (const { tier: leadingTier, numbers } of leading.tiers)
      for (const number of numbers) {
        const isSwept = (this.dead[number] ?? 0) === 0;
        for (const slot of this.postings[number] ?? []) {
          if (this.seen[slot] === stamp) continue;
          const slotWords = this.wordsBySlot[slot];
          if (!slotWords || (!isSwept && !slotWords.includes(number))) continue;
          this.seen[slot] = stamp;
          // A better answer to the leading word would have led here before.
          const tier = worstTier(slotWords, leadingTier, others);
          if (tier === undefined) continue;
          matches.push({ slot, tier: tier === Tier.exact && this.isWhole(slot, whole) ? WHOLE_TEXT_TIER : tier });
          if (matches.length === limit) return matches;
        }
      }
    return matches;
  }

  /** A lone word is looked for tier by tier; of several, the one that fewest documents use leads. */
  private plan(words: readonly string[]): { readonly leading: Leading; readonly others: readonly Wanted[] } {
    const [only] = words;
    if (words.length === 1 && only !== undefined) return { leading: { word: only, tiers: this.vocabulary.tiers(only) }, others: [] };
    const long = words.filter((word) => word.length >= MIN_LEADING_WORD_LENGTH);
    const candidates = (long.length > 0 ? long : words).map((word) => this.scanned(word));
    const leading = candidates.reduce((best, one) => (one.documents < best.documents ? one : best));
    const others = words
      .filter((word) => word !== leading.word)
      .map((word) => candidates.find((candidate) => candidate.word === word) ?? this.wanted(word));
    return { leading, others };
  }

  /** A word that is compared with the words of documents one by one, each of them once. */
  private wanted(word: string): Wanted {
    const known = new Map<number, Tier | 0>();
    return {
      word,
      tierOf: (number) => {
        let tier = known.get(number);
        if (tier === undefined) {
          tier = this.vocabulary.tierOf(number, word) ?? 0;
          known.set(number, tier);
        }
        return tier || undefined;
      },
    };
  }

  /** A word whose answers in the whole vocabulary are known, and how many postings they have. */
  private scanned(word: string): Leading & Wanted & { readonly documents: number } {
    const tiers = [...this.vocabulary.tiers(word)];
    const known = new Uint8Array(this.vocabulary.size);
    let documents = 0;
    for (const { tier, numbers } of tiers)
      for (const number of numbers) {
        known[number] = tier;
        documents += this.postings[number]?.length ?? 0;
      }
    return { word, tiers, documents, tierOf: (number) => known[number] || undefined };
  }

  /** Whether one text of a document is the query; lengths tell most of them apart without folding. */
  private isWhole(slot: number, whole: string): boolean {
    return this.textsOf(slot).some((text) => text.length <= 2 * whole.length + 2 && foldText(text.trim()) === whole);
  }

  /** A number that no slot was stamped with yet. */
  private nextStamp(): number {
    const slots = this.wordsBySlot.length;
    if (slots > this.seen.length || this.queries === 0xffff_ffff) {
      this.seen = new Uint32Array(Math.max(slots, this.seen.length) * 2);
      this.queries = 0;
    }
    return ++this.queries;
  }

  private bury(word: number): void {
    const postings = this.postings[word] ?? [];
    this.dead[word] = (this.dead[word] ?? 0) + 1;
    if ((this.dead[word] as number) < Math.max(LEAST_SWEEP, postings.length * SWEEP_SHARE)) return;
    this.postings[word] = [...new Set(postings)].filter((slot) => this.wordsBySlot[slot]?.includes(word));
    this.dead[word] = 0;
  }
}

/** The tier of the word that fits worst; undefined if one has no answer. */
function worstTier(words: readonly number[], leadingTier: number, others: readonly Wanted[]): number | undefined {
  let worst = leadingTier;
  for (const wanted of others) {
    const tier = bestTier(words, wanted);
    if (tier === undefined) return undefined;
    if (tier > worst) worst = tier;
  }
  return worst;
}

function bestTier(words: readonly number[], wanted: Wanted): number | undefined {
  let best: number | undefined;
  for (const word of words) {
    const tier = wanted.tierOf(word);
    if (tier !== undefined && (best === undefined || tier < best)) best = tier;
  }
  return best;
}
