import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_NAME_KEY_LENGTH } from '../catalog/name-order.ts';
import { compareFits, decodeCursor, encodeCursor, FirstInOrder, type Fit, firstInOrder } from './ranking.ts';

const fit = fc.record<Fit>({ tier: fc.nat(4), hosts: fc.nat(3) });

describe('ranking', () => {
  it('puts the better fit first, then more hosts, and documents without hosts last', () => {
    const fits = [
      { tier: 1, hosts: 0 },
      { tier: 2, hosts: 9 },
      { tier: 1, hosts: 1 },
      { tier: 1, hosts: 2 },
    ];
    expect(firstInOrder(fits, 9, compareFits)).toEqual([fits[3], fits[2], fits[1], fits[0]]);
  });

  it('picks the same ones as sorting everything, and knows the worst of them', () => {
    fc.assert(
      fc.property(fc.array(fit), fc.integer({ min: 1, max: 9 }), (fits, limit) => {
        const first = new FirstInOrder(limit, compareFits);
        for (const one of fits) first.offer(one);
        const expected = fits.toSorted(compareFits).slice(0, limit);
        expect(first.sorted()).toEqual(expected);
        expect(first.worst).toEqual(fits.length < limit ? undefined : expected.at(-1));
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
    const key = [4, 1_000_000, '\u{FFFF}'.repeat(MAX_NAME_KEY_LENGTH), 'f'.repeat(64)];
    expect(encodeCursor(key).length).toBeLessThanOrEqual(500);
  });

  it.each(['', 'x', 'bnVsbA', encodeCursor([1]), encodeCursor(['1', 2])])('refuses %j', (text) => {
    expect(() => decodeCursor(text, ['number', 'string'])).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});
