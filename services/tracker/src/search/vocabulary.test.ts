import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alignmentDistance } from './alignment-distance.sample.ts';
import { Tier, Vocabulary } from './vocabulary.ts';
import { MIN_TYPO_WORD_LENGTH, WantedWord } from './wanted-word.ts';

function vocabularyOf(...words: string[]): Vocabulary {
  const vocabulary = new Vocabulary();
  for (const word of words) vocabulary.add(word);
  return vocabulary;
}

function found(vocabulary: Vocabulary, word: string): Record<string, Tier> {
  const tiers = [...vocabulary.tiers(word)].flatMap(({ tier, numbers }) =>
    [...numbers].map((number) => [vocabulary.word(number), tier] as const),
  );
  expect(new Set(tiers.map(([name]) => name)).size).toBe(tiers.length);
  return Object.fromEntries(tiers);
}

/** The same by trying every word. */
function foundNaively(words: readonly string[], wanted: string): Record<string, Tier> {
  const tierOf = (word: string): Tier | undefined => {
    if (word === wanted) return Tier.exact;
    if (word.startsWith(wanted)) return Tier.prefix;
    if (word.includes(wanted)) return Tier.substring;
    return [...wanted].length >= MIN_TYPO_WORD_LENGTH && alignmentDistance(word, wanted) <= 1 ? Tier.typo : undefined;
  };
  return Object.fromEntries(words.map((word) => [word, tierOf(word)]).filter(([, tier]) => tier !== undefined));
}

describe('the vocabulary', () => {
  it('answers a word by its best tier', () => {
    expect(found(vocabularyOf('form', 'formal', 'platform', 'from', 'far'), 'form')).toEqual({
      form: Tier.exact,
      formal: Tier.prefix,
      platform: Tier.substring,
      from: Tier.typo,
    });
  });

  it('gives a word one number, which is free again when the word is gone', () => {
    const vocabulary = vocabularyOf('page', 'swarm');
    expect([vocabulary.add('page'), vocabulary.add('swarm'), vocabulary.size]).toEqual([0, 1, 2]);
    vocabulary.delete(0);
    expect([found(vocabulary, 'page'), vocabulary.add('peer'), vocabulary.end]).toEqual([{}, 0, 2]);
  });

  it('never finds across the border of two words', () => {
    expect(found(vocabularyOf('page', 'swarm'), 'esw')).toEqual({});
  });

  it('forgives no typing error in very short words', () => {
    expect(found(vocabularyOf('ab', 'ac'), 'ad')).toEqual({});
  });

  it('finds letters of several bytes', () => {
    expect(found(vocabularyOf('物理学', '化学'), '理')).toEqual({ 物理学: Tier.substring });
  });

  it('finds every word by prefix among thousands', () => {
    const words = Array.from({ length: 5_000 }, (_, index) => `w${(index * 7919) % 5000}x`);
    const vocabulary = vocabularyOf(...words);
    for (const prefix of ['w1', 'w49', 'w777x']) expect(found(vocabulary, prefix)).toEqual(foundNaively(words, prefix));
  });

  it('forgives a letter of several bytes for one of ASCII, and one too many', () => {
    const typo = Tier.typo;
    expect(found(vocabularyOf('acb', 'ab', 'aéc', 'xyz'), 'aéb')).toEqual({ acb: typo, ab: typo, aéc: typo });
    expect(found(vocabularyOf('aéb', 'acéb', 'éé'), 'acb')).toEqual({ aéb: typo, acéb: typo });
  });

  it('finds the same when very many words came at once', async () => {
    const words = Array.from({ length: 3_000 }, (_, n) => `${['wé', '学', 'w', ''][n % 4]}${(n * 7919) % 3000}x`);
    const [vocabulary, filled] = [vocabularyOf(...words), new Vocabulary()];
    filled.beginFilling();
    for (const word of [...words, ...words.slice(7)]) filled.add(word);
    filled.delete(filled.find(words[5] as string));
    vocabulary.delete(vocabulary.find(words[5] as string));
    await filled.endFilling(async () => {});
    for (const one of [filled, vocabulary]) one.add('latecomer');
    for (const wanted of ['wé1', '学2', 'w77', '7x', 'latecome', words[5] as string, words[6] as string, '学30x', 'w3l', '0'])
      expect(found(filled, wanted)).toEqual(found(vocabulary, wanted));
    filled.delete(filled.find(words[9] as string));
    expect(found(filled, words[9] as string)[words[9] as string]).toBeUndefined();
  });

  it('looks for a tier only when it is asked for', () => {
    const tiers = vocabularyOf('form', 'formal').tiers('form');
    const [exact, prefix] = [tiers.next().value, tiers.next().value];
    expect([exact?.tier, [...(exact?.numbers ?? [])], prefix?.tier, [...(prefix?.numbers ?? [])]]).toEqual([
      Tier.exact,
      [0],
      Tier.prefix,
      [1],
    ]);
  });

  it('finds what a scan of all words finds, from either end, while words come and go', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'è', '学', '子', '𝔸'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.uniqueArray(word, { maxLength: 60, size: 'max' }), fc.nat(30), word, (words, gone, wanted) => {
        const vocabulary = vocabularyOf(...words);
        for (let number = 0; number < Math.min(gone, words.length); number++) vocabulary.delete(number);
        const left = words.slice(gone);
        expect(found(vocabulary, wanted)).toEqual(foundNaively(left, wanted));
        const answers = left.map((one) => [one, vocabulary.tierOf(vocabulary.add(one), new WantedWord(wanted))]);
        expect(Object.fromEntries(answers.filter(([, tier]) => tier !== undefined))).toEqual(foundNaively(left, wanted));
      }),
      { numRuns: 300 },
    );
  });
});
