import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareRanks, decodeCursor, encodeCursor, firstInOrder, MAX_RANKED_NAME_LENGTH, type Rank } from './ranking.ts';

const rank = fc.record<Rank>({
  tier: fc.nat(4),
  hosts: fc.nat(3),
  name: fc.string({ maxLength: 2 }),
  id: fc.string({ unit: fc.constantFrom('0', '1'), minLength: 8, maxLength: 8 }),
});

describe('ranking', () => {
  const at = (tier: number, hosts: number, name: string, id = '0'): Rank => ({ tier, hosts, name, id });

  it('puts the better fit first, then more hosts, then the name, and documents without hosts last', () => {
    const ranks = [at(1, 0, 'a'), at(2, 9, 'b'), at(1, 1, 'd'), at(1, 1, 'c'), at(1, 2, 'e')];
    expect(firstInOrder(ranks, 9, compareRanks).map(({ name }) => name)).toEqual(['e', 'c', 'd', 'b', 'a']);
  });

  it('picks the same ones as sorting everything', () => {
    fc.assert(
      fc.property(fc.uniqueArray(rank, { selector: ({ id }) => id }), fc.integer({ min: 1, max: 9 }), (ranks, limit) => {
        expect(firstInOrder(ranks, limit, compareRanks)).toEqual([...ranks].sort(compareRanks).slice(0, limit));
      }),
    );
  });

  it('walks through everything once, page by page, while others come and go', () => {
    fc.assert(
      fc.property(fc.uniqueArray(rank, { selector: ({ id }) => id, maxLength: 30 }), fc.nat(29), (ranks, gone) => {
        const rest = ranks.filter((_, index) => index !== gone);
        const pageAfter = (after: Rank | undefined) =>
          firstInOrder(
            rest.filter((one) => !after || compareRanks(one, after) > 0),
            5,
            compareRanks,
          );
        const first = firstInOrder(ranks, 5, compareRanks);
        const seen = [...first];
        for (let page = pageAfter(first.at(-1)); page.length > 0; page = pageAfter(page.at(-1))) seen.push(...page);
        for (const one of rest) expect(seen.filter(({ id }) => id === one.id)).toHaveLength(1);
      }),
    );
  });
});

describe('a cursor', () => {
  it('comes back as it was', () => {
    const key = [2, 7, 'física', 'b2'] as const;
    expect(decodeCursor(encodeCursor(key), ['number', 'number', 'string', 'string'])).toEqual(key);
  });

  it('fits into the 500 characters that a request may carry', () => {
    const key = [4, 1_000_000, '\u{FFFF}'.repeat(MAX_RANKED_NAME_LENGTH), 'f'.repeat(64)];
    expect(encodeCursor(key).length).toBeLessThanOrEqual(500);
  });

  it.each(['', 'x', 'bnVsbA', encodeCursor([1]), encodeCursor(['1', 2])])('refuses %j', (text) => {
    expect(() => decodeCursor(text, ['number', 'string'])).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});
