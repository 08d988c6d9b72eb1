import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { DocumentMarks } from './document-marks.ts';
import { foldText, MAX_QUERY_WORDS, wordsOf } from './fold.ts';
import { MetDocuments } from './met-documents.ts';
import { NameIndexFilling, type TextSource } from './name-index-filling.ts';
import { NumberBuffer, PostingLists } from './posting-lists.ts';
import { type Confirming, type KnownAnswers, planQuery } from './query-plan.ts';
import { Tier, Vocabulary } from './vocabulary.ts';
import { WordLists } from './word-lists.ts';

/** The tier of a document one of whose texts is the whole query; better than that of exact words. */
export const WHOLE_TEXT_TIER = 0;

/**
 * The most documents that one query looks at: those with the best answers to its leading word first, so that a word of
 * every name costs little more than a rare one.
 */
export const MAX_CANDIDATES = 50_000;
/** The most documents that one query finds, for each of them is ranked. */
export const MAX_MATCHES = 10_000;

/**
 * To mark the documents of a word costs this much less for each than to read the words of a document: so much more often than the
 * leading word it may occur to be marked.
 */
const MARKING_ADVANTAGE = 16;

export interface MatchLimits {
  /** @default MAX_CANDIDATES */
  readonly candidates: number;
  /** @default MAX_MATCHES */
  readonly matches: number;
}

const NONE: readonly number[] = [];

const DEFAULT_MATCH_LIMITS: MatchLimits = { candidates: MAX_CANDIDATES, matches: MAX_MATCHES };

/** Documents whose leading word has one tier, and how well each answers the whole query. */
export interface MatchBatch {
  readonly slots: readonly number[];
  /** Of each, the tier of the query's word that fits worst, or {@link WHOLE_TEXT_TIER}. */
  readonly tiers: readonly number[];
  /** Every document of this tier or a better one has come, in this batch or before. */
  readonly tier: number;
}

/**
 * Finds documents, known by a slot (a small whole number that may be used again), by the words of their texts. Each word
 * keeps the slots that use it and each slot its words, so that a change costs the words of one document and nothing
 * stays behind.
 */
export class NameIndex {
  private readonly vocabulary = new Vocabulary();
  private readonly postings = new PostingLists();
  private readonly words = new WordLists();
  private filling: NameIndexFilling | undefined;
  private readonly met = new MetDocuments();
  private readonly marks = new DocumentMarks();
  private readonly slots = new NumberBuffer();
  private readonly found: number[] = [];

  /** @param textsOf what the document in a slot is found by */
  constructor(private readonly textsOf: (slot: number) => readonly string[]) {}

  /** Different words of all documents, for people who watch the index. */
  get vocabularySize(): number {
    return this.vocabulary.size;
  }

  /** What moves from an index that was filled in another thread to this one, which must be empty. */
  get movables(): readonly Movable[] {
    return [...this.vocabulary.movables, ...this.postings.movables, ...this.words.movables];
  }

  /** Very many documents are about to come, and none is here: until {@link endFilling} has resolved nothing is found. */
  beginFilling(): void {
    if (this.vocabulary.size > 0) return;
    const { vocabulary, postings, words } = this;
    vocabulary.beginFilling();
    this.filling = new NameIndexFilling({ vocabulary, postings, words });
  }

  get isFilling(): boolean {
    return this.filling !== undefined;
  }

  /** Takes the document in a slot while the index is being filled. They come in the order of their slots, each once. */
  fill(slot: number, source: TextSource): void {
    this.filling?.read(slot, source);
  }

  /** They have come, and none comes or goes before this resolves. */
  async endFilling(turn: Turn): Promise<void> {
    await this.filling?.end(turn);
    this.filling = undefined;
  }

  /** The document in `slot` is new or its texts have changed. */
  set(slot: number): void {
    if (this.filling) return;
    const before = this.words.has(slot) ? this.words.of(slot) : NONE;
    const texts = this.textsOf(slot);
    const [first = ''] = texts;
    const spelled = texts.length === 1 ? wordsOf(first) : [...new Set(texts.flatMap(wordsOf))];
    const words = spelled.map((word) => this.vocabulary.add(word));
    this.words.set(slot, words, texts.length);
    if (before === NONE) {
      for (const word of words) this.postings.add(word, slot);
      return;
    }
    for (const word of words) if (!before.includes(word)) this.postings.add(word, slot);
    for (const word of before) if (!words.includes(word)) this.forget(word, slot);
  }

  delete(slot: number): void {
    if (!this.words.has(slot)) return;
    for (const word of this.words.of(slot)) this.forget(word, slot);
    this.words.delete(slot);
  }

  /**
   * Documents that have an answer to every word of the query, in any order of words, the best answers to its leading word
   * first; none for a query without words. At most so many are looked at and found. Nothing may change meanwhile, and only
   * one of these is read at a time.
   */
  *match(query: string, { candidates, matches }: MatchLimits = DEFAULT_MATCH_LIMITS): Generator<MatchBatch> {
    const wanted = wordsOf(query).slice(0, MAX_QUERY_WORDS);
    if (wanted.length === 0) return;
    const plan = planQuery(wanted, this.vocabulary, (word) => this.postings.countOf(word));
    const { leading } = plan;
    const mostMarked = MARKING_ADVANTAGE * Math.min(plan.leadingDocuments, candidates);
    const marked = plan.known.filter(({ documents }) => documents <= mostMarked);
    const others = [...plan.known.filter(({ documents }) => documents > mostMarked), ...plan.compared];
    const isLone = wanted.length === 1;
    const whole = foldText(query.trim());
    if (marked.length > 0) this.mark(marked);
    this.met.begin(this.words.end);
    let left = candidates;
    let room = matches;
    for (const { tier, numbers } of leading) {
      const slots: number[] = [];
      const tiers: number[] = [];
      for (const number of numbers) {
        let part = 0;
        do {
          this.slots.length = 0;
          part = this.postings.readPart(number, part, this.slots);
          const { items, length } = this.slots;
          for (let n = 0; n < length && left > 0 && room > 0; n++) {
            const slot = items[n] as number;
            if (!this.met.meet(slot)) continue;
            left--;
            // A better answer to the leading word would have led here before.
            let worst: number = tier;
            if (!isLone) {
              if (marked.length > 0) worst = this.worstMark(slot, worst);
              if (others.length > 0 && worst !== 0) worst = this.worstTier(slot, worst, others);
              if (worst === 0) continue;
            }
            room--;
            slots.push(slot);
            const mayBeWhole = worst === Tier.exact && this.words.mayHave(slot, wanted.length);
            tiers.push(mayBeWhole && this.isWhole(slot, whole) ? WHOLE_TEXT_TIER : worst);
          }
        } while (part > 0 && left > 0 && room > 0);
        if (left === 0 || room === 0) break;
      }
      yield { slots, tiers, tier };
      if (left === 0 || room === 0) return;
    }
  }

  /** Marks the documents that answer all of these words. */
  private mark(words: readonly KnownAnswers[]): void {
    const { marks, slots, postings } = this;
    marks.begin(this.words.end);
    for (const { tiers } of words) {
      marks.nextWord();
      for (const { tier, numbers } of tiers)
        for (const number of numbers) {
          slots.length = 0;
          postings.read(number, slots);
          const { items, length } = slots;
          for (let n = 0; n < length; n++) marks.mark(items[n] as number, tier);
        }
    }
  }

  /** The tier of the marked word that fits worst; 0 if one has no answer. */
  private worstMark(slot: number, soFar: number): number {
    const worst = this.marks.worstOf(slot);
    return worst === 0 ? 0 : Math.max(worst, soFar);
  }

  /** The tier of the compared word that fits worst; 0 if one has no answer. */
  private worstTier(slot: number, soFar: number, others: readonly Confirming[]): number {
    const { found } = this;
    this.words.read(slot, found);
    let worst = soFar;
    for (const other of others) {
      let best = 0;
      for (let n = 0; n < found.length; n++) {
        const tier = other.tierOf(found[n] as number);
        if (tier !== 0 && (best === 0 || tier < best)) best = tier;
      }
      if (best === 0) return 0;
      if (best > worst) worst = best;
    }
    return worst;
  }

  /** Whether one text of a document is the query; lengths tell most of them apart without folding. */
  private isWhole(slot: number, whole: string): boolean {
    return this.textsOf(slot).some((text) => text.length <= 2 * whole.length + 2 && foldText(text.trim()) === whole);
  }

  private forget(word: number, slot: number): void {
    this.postings.delete(word, slot);
    if (this.postings.countOf(word) === 0) this.vocabulary.delete(word);
  }
}
