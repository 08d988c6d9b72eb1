import { type Random, SeededRandom, shuffled } from '@pageswarm/primitives';

const SYLLABLES = 'ba ce di fo gu la me ni po ru sa te vi xo zu bra cle dro fri glo pla tre scu sto quí ção ré'.split(' ');
const WORDS = 20_000;

/** How people search: the words of one document, spoiled in one way. */
export const QUERY_CLASSES = [
  'exact',
  'prefix',
  'typing error',
  'substring',
  'without accents',
  'several words',
  'letters swapped',
  'other separators',
] as const;
export type QueryClass = (typeof QUERY_CLASSES)[number];

/** Names of documents out of 20,000 made-up words, common ones more often; the same ones each time, made when asked for. */
export class SampleNames {
  private readonly words: readonly string[];

  constructor() {
    const random = new SeededRandom(7);
    this.words = Array.from({ length: WORDS }, () => Array.from({ length: 2 + pick(random, 3) }, () => oneOf(random, SYLLABLES)).join(''));
  }

  /** The name of document `n`, which has its number as a word of its own. */
  nameOf(n: number): string {
    const random = new SeededRandom(n * 2_654_435_761 + 7);
    const word = () => this.words[Math.floor(WORDS * random.next() ** 3)] as string;
    return `${Array.from({ length: 3 + pick(random, 4) }, word).join('_')} ${n}.pdf`;
  }
}

/** `count` names at once. */
export function sampleNames(count: number): string[] {
  const names = new SampleNames();
  return Array.from({ length: count }, (_, n) => names.nameOf(n));
}

/** What somebody types who looks for the document of that name; its number goes along, for its words alone may fit hundreds. */
export function queryFor(name: string, kind: QueryClass, random: Random): string {
  const { words, longest, number } = partsOf(name);
  if (kind === 'exact') return words.join(' ');
  if (kind === 'without accents') return withoutAccents(words.join(' '));
  if (kind === 'other separators') return words.join('-').toUpperCase();
  if (kind === 'prefix') return `${number} ${longest.slice(0, -2)}`;
  if (kind === 'substring') return `${number} ${longest.slice(1, -1)}`;
  if (kind === 'several words') return shuffled(random, words).join(' ');
  if (kind === 'letters swapped') return `${number} ${swapped(longest, random)}`;
  return `${number} ${mistyped(longest, random)}`;
}

/** The same by words that many names have: what costs most to answer. */
export function commonQueryFor(name: string, kind: QueryClass, random: Random): string {
  const { words, longest } = partsOf(name);
  const plain = words.slice(0, -1);
  if (kind === 'exact') return oneOf(random, plain);
  if (kind === 'without accents') return withoutAccents(oneOf(random, plain));
  if (kind === 'other separators') return plain.join('-').toUpperCase();
  if (kind === 'prefix') return longest.slice(0, 1 + pick(random, longest.length - 1));
  if (kind === 'substring') {
    const start = pick(random, longest.length - 2);
    return longest.slice(start, start + 2 + pick(random, longest.length - start - 1));
  }
  if (kind === 'several words') return shuffled(random, plain).slice(0, 2).join(' ');
  return kind === 'letters swapped' ? swapped(longest, random) : mistyped(longest, random);
}

function partsOf(name: string): { readonly words: string[]; readonly longest: string; readonly number: string } {
  const words = name.replace('.pdf', '').split(/[_ ]/);
  const [longest = ''] = words.slice(0, -1).sort((a, b) => b.length - a.length);
  return { words, longest, number: words.at(-1) ?? '' };
}

function withoutAccents(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '');
}

/** One letter is another, missing, or one too many. */
function mistyped(word: string, random: Random): string {
  const at = 1 + pick(random, word.length - 2);
  const [rest, added] = oneOf(random, [
    [at + 1, 'y'],
    [at + 1, ''],
    [at, 'y'],
  ] as const);
  return `${word.slice(0, at)}${added}${word.slice(rest)}`;
}

function swapped(word: string, random: Random): string {
  const at = pick(random, word.length - 1);
  return `${word.slice(0, at)}${word[at + 1]}${word[at]}${word.slice(at + 2)}`;
}

function pick(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[pick(random, list.length)] as T;
}
