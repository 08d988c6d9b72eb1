import type { Tier, TierWords, Vocabulary } from './vocabulary.ts';
import { MIN_TYPO_WORD_LENGTH, WantedWord } from './wanted-word.ts';

/** Words of fewer letters are parts of so many others that a query with longer words is not answered from them. */
const MIN_LEADING_WORD_LENGTH = MIN_TYPO_WORD_LENGTH;
/** A word that no more documents than this have leads, and the others are not looked for in the vocabulary. */
export const FEW_DOCUMENTS = 200;

/** A word of a query against the words of documents. */
export interface Confirming {
  /** 0 for no answer. */
  tierOf(number: number): Tier | 0;
}

/** A word of a query whose answers in the whole vocabulary are known already, tier by tier from the best. */
export interface KnownAnswers {
  readonly tiers: readonly { readonly tier: Tier; readonly numbers: readonly number[] }[];
  /** How many postings they have together. */
  readonly documents: number;
}

/** The word of a query that documents are found by, best answers first, and those that only confirm. */
export interface QueryPlan {
  readonly leading: Iterable<TierWords>;
  /** How many postings the answers to the leading word have; unknown for a lone word, which needs no others. */
  readonly leadingDocuments: number;
  /** Words whose answers are known: they confirm by their documents, if those are few enough. */
  readonly known: readonly (KnownAnswers & Confirming)[];
  /** Words that are compared with those of each document. */
  readonly compared: readonly Confirming[];
}

/**
 * How a query is answered: a lone word is looked for tier by tier; of several, the one that fewest documents use leads.
 * Words that few documents have as they are spelled are tried first, then those that none has, the long ones first; as
 * soon as one has few documents in all the rest only confirm.
 */
export function planQuery(words: readonly string[], vocabulary: Vocabulary, documentsOf: (word: number) => number): QueryPlan {
  const [only] = words;
  if (words.length === 1 && only !== undefined)
    return { leading: vocabulary.tiers(only), leadingDocuments: Number.POSITIVE_INFINITY, known: [], compared: [] };
  const long = words.filter((word) => word.length >= MIN_LEADING_WORD_LENGTH);
  const candidates = (long.length > 0 ? long : words)
    .map((word) => ({ word, expected: documentsSpelling(word, vocabulary, documentsOf) || FEW_DOCUMENTS }))
    .toSorted((a, b) => a.expected - b.expected || b.word.length - a.word.length);
  const scanned = new Map<string, ScannedWord>();
  let best: ScannedWord | undefined;
  for (const { word } of candidates) {
    const one = new ScannedWord(word, vocabulary, documentsOf);
    scanned.set(word, one);
    if (best === undefined || one.documents < best.documents) best = one;
    if (one.documents <= FEW_DOCUMENTS) break;
  }
  const leading = best as ScannedWord;
  const others = words.filter((word) => word !== leading.word);
  return {
    leading: leading.tiers,
    leadingDocuments: leading.documents,
    known: others.map((word) => scanned.get(word)).filter((word) => word !== undefined),
    compared: others.filter((word) => !scanned.has(word)).map((word) => new ComparedWord(new WantedWord(word), vocabulary)),
  };
}

function documentsSpelling(word: string, vocabulary: Vocabulary, documentsOf: (word: number) => number): number {
  const number = vocabulary.find(word);
  return number === -1 ? 0 : documentsOf(number);
}

class ScannedWord implements KnownAnswers, Confirming {
  readonly tiers: KnownAnswers['tiers'];
  readonly documents: number;
  private table: Uint8Array | undefined;

  constructor(
    readonly word: string,
    private readonly vocabulary: Vocabulary,
    documentsOf: (word: number) => number,
  ) {
    this.tiers = Array.from(vocabulary.tiers(word), ({ tier, numbers }) => ({ tier, numbers: [...numbers] }));
    let documents = 0;
    for (const { numbers } of this.tiers) for (const number of numbers) documents += documentsOf(number);
    this.documents = documents;
  }

  tierOf(number: number): Tier | 0 {
    this.table ??= this.tabulated();
    return this.table[number] as Tier | 0;
  }

  private tabulated(): Uint8Array {
    const table = new Uint8Array(this.vocabulary.end);
    for (const { tier, numbers } of this.tiers) for (const number of numbers) table[number] = tier;
    return table;
  }
}

/** A word that is compared with the words of documents one by one, each of them once. */
class ComparedWord implements Confirming {
  private readonly known = new Map<number, Tier | 0>();

  constructor(
    private readonly wanted: WantedWord,
    private readonly vocabulary: Vocabulary,
  ) {}

  tierOf(number: number): Tier | 0 {
    let tier = this.known.get(number);
    if (tier === undefined) {
      tier = this.vocabulary.tierOf(number, this.wanted) ?? 0;
      this.known.set(number, tier);
    }
    return tier;
  }
}
