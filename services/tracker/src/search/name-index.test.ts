import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alignmentDistance } from './alignment-distance.sample.ts';
import { wordsOf } from './fold.ts';
import { MAX_CANDIDATES, MAX_MATCHES, type MatchLimits, NameIndex, WHOLE_TEXT_TIER } from './name-index.ts';
import { Tier } from './vocabulary.ts';
import { MIN_TYPO_WORD_LENGTH } from './wanted-word.ts';

/** An index whose documents can be given other texts. */
class Shelf {
  private readonly texts: string[][] = [];
  readonly index = new NameIndex((slot) => this.texts[slot] as string[]);

  set(slot: number, ...texts: string[]): void {
    this.texts[slot] = texts;
    this.index.set(slot);
  }
}

function shelfOf(...names: string[]): Shelf {
  const shelf = new Shelf();
  names.forEach((name, slot) => void shelf.set(slot, name));
  return shelf;
}

function indexOf(...names: string[]): NameIndex {
  return shelfOf(...names).index;
}

interface Match {
  readonly slot: number;
  readonly tier: number;
}

function matchesOf(index: NameIndex, query: string, limits?: MatchLimits): Match[] {
  return [...index.match(query, limits)].flatMap(({ slots, tiers }) => slots.map((slot, n) => ({ slot, tier: tiers[n] as number })));
}

function found(index: NameIndex, query: string): number[] {
  return matchesOf(index, query)
    .sort((a, b) => a.tier - b.tier || a.slot - b.slot)
    .map(({ slot }) => slot);
}

describe('finding documents by name', () => {
  it('takes words in any order, each by a part', () => {
    const index = indexOf('Introdução à Física Quântica.pdf', 'Química orgânica', 'Fisica classica');
    expect(found(index, 'quant fis')).toEqual([0]);
    expect(found(index, 'fisica')).toEqual([0, 2]);
  });

  it('ranks whole name, exact words, prefix, inside a word, typing error', () => {
    const index = indexOf('the from', 'platform', 'formal', 'Form', 'the form');
    const tiers = matchesOf(index, 'form')
      .map(({ slot, tier }) => [slot, tier])
      .sort(([, a = 0], [, b = 0]) => a - b);
    expect(tiers).toEqual([
      [3, WHOLE_TEXT_TIER],
      [4, Tier.exact],
      [2, Tier.prefix],
      [1, Tier.substring],
      [0, Tier.typo],
    ]);
  });

  it('counts the word that fits worst', () => {
    expect(matchesOf(indexOf('annual report'), 'annual rep')).toEqual([{ slot: 0, tier: Tier.prefix }]);
  });

  it('finds by every text of a document', () => {
    const shelf = new Shelf();
    const { index } = shelf;
    shelf.set(5, 'scan_0001.pdf', 'tax return', 'Declaration of income');
    expect([found(index, 'scan'), found(index, 'return'), found(index, 'income')]).toEqual([[5], [5], [5]]);
  });

  it('forgets the texts that a document no longer has, and the document that is gone', () => {
    const shelf = shelfOf('old name', 'old book');
    const { index } = shelf;
    shelf.set(0, 'new name');
    expect([found(index, 'old'), found(index, 'new')]).toEqual([[1], [0]]);
    index.delete(0);
    expect(found(index, 'name')).toEqual([]);
  });

  it('gives a slot to another document without mixing the two', () => {
    const shelf = shelfOf('first', 'second');
    const { index } = shelf;
    index.delete(0);
    shelf.set(0, 'third');
    expect([found(index, 'first'), found(index, 'third')]).toEqual([[], [0]]);
    shelf.set(0, 'first again');
    expect(found(index, 'first')).toEqual([0]);
  });

  it('finds nothing by a query without words', () => {
    expect(found(indexOf('a', 'b'), ' -- ')).toEqual([]);
  });

  it('looks at no more documents than its limit, best answers to the leading word first', () => {
    const names = Array.from({ length: 30 }, (_, n) => (n % 10 === 3 ? 'page' : `pages ${n}`));
    const matches = matchesOf(indexOf(...names), 'page', { candidates: 20, matches: 100 });
    expect([matches.length, matches.filter(({ tier }) => tier === WHOLE_TEXT_TIER).length]).toEqual([20, 3]);
  });

  it('finds no more than its limit, and looks at no more for several words that do not come together', () => {
    const shelf = new Shelf();
    for (let n = 0; n <= MAX_MATCHES; n++) shelf.set(n, 'aa bb');
    expect(matchesOf(shelf.index, 'aa')).toHaveLength(MAX_MATCHES);
    const odd = indexOf('aaa', 'aaa', 'aaa', 'bbb', 'bbb', 'bbb', 'bbb', 'aaa bbb');
    const limits = { candidates: 4, matches: MAX_MATCHES };
    expect([matchesOf(odd, 'aaa bbb', limits).length, matchesOf(odd, 'aaa bbb', { ...limits, candidates: 3 }).length]).toEqual([1, 0]);
    expect(MAX_CANDIDATES).toBeGreaterThan(MAX_MATCHES);
  });

  it('tells with each batch that nothing as good is still to come', () => {
    const batches = [...indexOf('page two', 'pages two', 'page twofold', 'space two', 'paeg two').match('page two')];
    expect(batches.map(({ slots, tiers, tier }) => [tier, slots.length, Math.max(0, ...tiers)])).toEqual([
      [Tier.exact, 2, Tier.prefix],
      [Tier.prefix, 1, Tier.prefix],
      [Tier.substring, 0, 0],
      [Tier.typo, 1, Tier.typo],
    ]);
  });

  it('forgets words that no document has any more', () => {
    const shelf = shelfOf('one two', 'two three');
    expect(shelf.index.vocabularySize).toBe(3);
    shelf.index.delete(0);
    shelf.set(1, 'four');
    expect(shelf.index.vocabularySize).toBe(1);
  });

  it('finds by short words beside long ones, and by short words alone', () => {
    const index = indexOf('história de portugal', 'portugal', 'de profundis');
    expect([found(index, 'de portugal'), found(index, 'de'), found(index, 'de p')]).toEqual([[0], [0, 2], [0, 2]]);
  });

  it('ranks as reading every name does where each word of the query is in hundreds of names, and in very many', () => {
    const words = ['plate', 'plates', 'template', 'plata', 'rocket', 'rockets', 'racket', 'other', 'more'];
    const common = Array.from({ length: 6_000 }, (_, n) => `more ${n % 7 === 0 ? 'plate' : 'filling'}`);
    const names = Array.from({ length: 1_500 }, (_, n) => [n, n * 5 + 2, n * 7 + (n >> 4)].map((m) => words[m % words.length]).join(' '));
    const all = [...names, ...common];
    const tierOf = (word: string, wanted: string): number => {
      if (word === wanted) return Tier.exact;
      if (word.startsWith(wanted)) return Tier.prefix;
      if (word.includes(wanted)) return Tier.substring;
      return alignmentDistance(word, wanted) <= 1 ? Tier.typo : Number.POSITIVE_INFINITY;
    };
    const index = indexOf(...all);
    for (const query of ['plate rocket', 'rocket plat', 'rackets plates', 'plate more', 'more rocket plate', 'rocket filling']) {
      const expected = all.flatMap((name, slot) => {
        const tiers = wordsOf(query).map((wanted) => Math.min(...wordsOf(name).map((word) => tierOf(word, wanted))));
        const worst = Math.max(...tiers);
        return worst === Number.POSITIVE_INFINITY ? [] : [[slot, name === query ? WHOLE_TEXT_TIER : worst]];
      });
      expect(matchesOf(index, query).map(({ slot, tier }) => [slot, tier]).sort(([a = 0], [b = 0]) => a - b)).toEqual(expected); // biome-ignore format: one sentence
      expect(expected.length > 0).toBe(query !== 'rocket filling');
    }
  });

  it('finds what reading every name finds, while documents come and go', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
    const steps = fc.array(fc.tuple(fc.nat(12), fc.option(name)), { maxLength: 200, size: 'max' });
    const answers = (text: string, wanted: string) =>
      wordsOf(text).some((one) => one.includes(wanted) || (wanted.length >= MIN_TYPO_WORD_LENGTH && alignmentDistance(one, wanted) <= 1));
    fc.assert(
      fc.property(steps, name, (changes, query) => {
        const shelf = new Shelf();
        const { index } = shelf;
        const names = new Map<number, string>();
        for (const [slot, text] of changes) {
          if (text === null) {
            index.delete(slot);
            names.delete(slot);
          } else {
            shelf.set(slot, text);
            names.set(slot, text);
          }
        }
        const expected = [...names].filter(([, text]) => wordsOf(query).every((wanted) => answers(text, wanted))).map(([slot]) => slot);
        expect(
          matchesOf(index, query)
            .map(({ slot }) => slot)
            .sort((a, b) => a - b),
        ).toEqual(expected.sort((a, b) => a - b));
      }),
    );
  });
});
