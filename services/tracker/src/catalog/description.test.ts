import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeDescription, decodeName, decodeTexts, encodeDescription } from './description.ts';
import { decodeWordCounts, encodeWordCounts } from './word-counts.ts';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme', maxLength: 1_024 }), fc.constantFrom('é'.repeat(63), 'é'.repeat(64)));
const nullable = fc.option(text);
const description = fc.record({
  name: text,
  aliases: fc.array(text, { maxLength: 3, size: 'max' }),
  inspection: fc.record({
    pages: fc.option(fc.nat(100_000)),
    extractor: nullable,
    title: nullable,
    author: nullable,
    mapped: fc.boolean(),
    mapReason: nullable,
    encrypted: fc.boolean(),
    needsPassword: fc.boolean(),
    error: fc.option(fc.record({ code: fc.constant('PDF_UNREADABLE' as const), detail: text })),
  }),
});

describe('a description as bytes', () => {
  it('comes back as it was, from any place', () => {
    fc.assert(
      fc.property(description, fc.nat(9), (one, start) => {
        const bytes = Buffer.concat([Buffer.alloc(start, 255), encodeDescription(one), Buffer.alloc(3, 255)]);
        expect(decodeDescription(bytes, start)).toEqual(one);
        expect(decodeName(bytes, start)).toBe(one.name);
        const { title } = one.inspection;
        expect(decodeTexts(bytes, start)).toEqual([one.name, ...(title === null ? [] : [title]), ...one.aliases]);
      }),
    );
  });
});

describe('words of pages as bytes', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(2_000), fc.maxSafeNat())), (words) => {
        expect(decodeWordCounts(Uint8Array.from([9, ...encodeWordCounts(words)]), 1)).toEqual(words);
      }),
    );
  });

  it('take two bytes for an ordinary page', () => {
    expect(encodeWordCounts(Array.from({ length: 100 }, () => 412))).toHaveLength(201);
  });
});
