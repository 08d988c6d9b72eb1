// Documents as different as the contract allows, for tests of their entries.
import { ERROR_CODES, pieceCount } from '@pageswarm/primitives';
import fc from 'fast-check';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';

const text = (minLength: number, maxLength: number) => fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) });
const nullable = (maxLength: number) => fc.option(text(0, maxLength));

export const storedDocuments = fc
  .record({
    n: fc.nat(1_000),
    name: text(1, 1_024),
    size: fc.integer({ min: 1, max: 2 ** 39 }),
    pieceBits: fc.integer({ min: 14, max: 26 }),
    addedAt: fc.integer({ min: -1e12, max: 1e13 }),
    aliases: fc.array(text(1, 1_024), { maxLength: 64 }),
    completed: fc.nat(),
    pages: fc.option(fc.nat(100_000)),
    words: fc.option(fc.array(fc.oneof(fc.nat(500), fc.maxSafeNat()), { maxLength: 50 })),
    texts: fc.record({ extractor: nullable(100), title: nullable(1_024), author: nullable(1_024), mapReason: nullable(500) }),
    flags: fc.record({ mapped: fc.boolean(), encrypted: fc.boolean(), needsPassword: fc.boolean() }),
    error: fc.option(
      fc.record({ code: fc.constantFrom(...(Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[])), detail: text(0, 100) }),
    ),
    holders: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 5 }),
  })
  .map(({ n, pieceBits, pages, words, texts, flags, error, holders, completed, ...facts }) => {
    const pieces = pieceCount(facts.size, 2 ** pieceBits);
    const inspection = { pages, words, ...texts, ...flags, error };
    const holdings = holders.map(([peer, have, complete]) => [
      samplePeer(peer),
      { have: complete ? pieces : have % (pieces + 1), complete },
    ]);
    const record = {
      ...sampleFacts(n, { ...facts, pieceLength: 2 ** pieceBits, inspection }),
      completed,
      holdings: new Map(holdings as []),
    };
    return record as unknown as DocumentRecord;
  });
