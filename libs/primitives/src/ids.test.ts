import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { documentId, infoHashV1, infoHashV2, md5, pageNumber, peerId, pieceIndex } from './ids.ts';

const invalidId = expect.objectContaining({ code: 'INVALID_ID' });
const hex = (digits: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: digits, maxLength: digits });

describe.each([
  ['a document id', documentId, 64],
  ['a v1 info-hash', infoHashV1, 40],
  ['a v2 info-hash', infoHashV2, 64],
  ['an md5', md5, 32],
  ['a peer id', peerId, 40],
] as const)('%s', (_, parse, digits) => {
  it('is lower-case hex of one length, whichever case it came in', () => {
    fc.assert(
      fc.property(hex(digits), (text) => {
        expect(parse(text)).toBe(text.toLowerCase());
      }),
    );
  });

  it('is nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), hex(digits - 1), hex(digits + 1)), (text) => {
        expect(() => parse(text)).toThrow(invalidId);
      }),
    );
    for (const text of [`${'a'.repeat(digits)}\n`, `0x${'a'.repeat(digits - 2)}`, 'g'.repeat(digits)])
      expect(() => parse(text)).toThrow(invalidId);
  });

  it('says what was wrong without repeating much of it', () => {
    expect(() => parse('z'.repeat(10_000))).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(new RegExp(`${digits} hex digits, got "z{80}"$`)) }),
    );
  });
});

describe('indexes and numbers', () => {
  it('count pieces from 0 and pages from 1', () => {
    expect([pieceIndex(0), pieceIndex(8_191), pageNumber(1)]).toEqual([0, 8_191, 1]);
    for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => pieceIndex(value)).toThrow(invalidId);
    for (const value of [0, -1, 1.5, Number.POSITIVE_INFINITY]) expect(() => pageNumber(value)).toThrow(invalidId);
  });
});
