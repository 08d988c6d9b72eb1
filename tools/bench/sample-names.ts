import { type Random, SeededRandom } from '@pageswarm/primitives';

const SYLLABLES = 'ba ce di fo gu la me ni po ru sa te vi xo zu bra cle dro fri glo pla tre scu sto quí ção ré'.split(' ');
const WORDS = 20_000;

/** How people search: the words of one document, spoiled in one way. */
export const QUERY_CLASSES = ['exact', 'prefix', 'typing error', 'substring', 'without accents'] as const;
export type QueryClass = (typeof QUERY_CLASSES)[number];

/** `count` names of documents out of 20,000 made-up words, common ones more often; the same ones each time. */
export function sampleNames(count: number): string[] {
  const random = new SeededRandom(7);
  const words = Array.from({ length: WORDS }, () => Array.from({ length: 2 + pick(random, 3) }, () => oneOf(random, SYLLABLES)).join(''));
  const word = () => words[Math.floor(WORDS * random.next() ** 3)] as string;
  return Array.from({ length: count }, (_, n) => `${Array.from({ length: 3 + pick(random, 4) }, word).join('_')} ${n}.pdf`);
}

/** What somebody types who looks for the document of that name; its number goes along, for its words alone may fit hundreds. */
export function queryFor(name: string, kind: QueryClass, random: Random): string {
  const words = name.replace('.pdf', '').split(/[_ ]/);
  const [longest = ''] = words.slice(0, -1).sort((a, b) => b.length - a.length);
  const number = words.at(-1);
  if (kind === 'exact') return words.join(' ');
  if (kind === 'prefix') return `${number} ${longest.slice(0, -2)}`;
  if (kind === 'without accents') return words.join(' ').normalize('NFKD').replace(/\p{M}/gu, '');
  if (kind === 'substring') return `${number} ${longest.slice(1, -1)}`;
  const at = 1 + pick(random, longest.length - 2);
  return `${number} ${longest.slice(0, at)}y${longest.slice(at + 1)}`;
}

function pick(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}

function oneOf<T>(random: Random, list: readonly T[]): T {
  return list[pick(random, list.length)] as T;
}
