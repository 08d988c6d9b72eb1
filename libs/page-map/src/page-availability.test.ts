import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { choosePieceLength, type IndexRange, indexesOf, isPageSwarmError, MemoryByteSource } from '@pageswarm/primitives';
import fc from 'fast-check';
import { buildPageMap, generatePageView, type PageMap } from './index.ts';
import { testDocument } from './testing-pdf.ts';
import { MissingPieceError, PartialSource } from './testing-source.ts';

const folder = join(process.env['PAGESWARM_CORPUS'] ?? join(import.meta.dirname, '../../../../shared/corpus'), 'docs');
/** Manuals up to this size, so that the test stays short. */
const MAX_MANUAL_BYTES = 700_000;

const linked = testDocument(30, 9_000).object(
  10,
  '<</Type /Page /Parent 2 0 R /Contents [11 0 R 31 0 R] /Annots [<</Subtype /Link /Rect [0 0 9 9] /Dest [40 0 R /Fit]>>]>>',
);
const documents: Record<string, Uint8Array> = {
  'with a table': linked.toBytes(),
  'with object streams': linked.toBytes({ xref: 'stream', packed: [1, 2, 3, 10, 12, 14, 16, 30, 40] }),
  'behind junk': linked.toBytes({ junk: 'x'.repeat(7_000) }),
  'that must be scanned': linked.toBytes({ xref: 'none' }),
};
if (existsSync(folder))
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    if (bytes.length <= MAX_MANUAL_BYTES) documents[name] = bytes;
  }

const isHere = (map: PageMap, page: number, { have }: PartialSource): boolean =>
  [...indexesOf([...map.structure, ...(map.closures[page] as IndexRange[])])].every((piece) => have.has(piece));

/** Fetches what pages need, in the order of `picks`, and after each piece tries one page that has come and one that has not. */
async function fetchAndTry(bytes: Uint8Array, map: PageMap, picks: readonly number[]): Promise<void> {
  const source = new PartialSource(bytes, map.pieceLength);
  const opens = (page: number): Promise<boolean> =>
    generatePageView(source, page, { map }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof MissingPieceError) return false;
        throw isPageSwarmError(error) ? new Error(`page ${page + 1}: ${error.code}`, { cause: error }) : error;
      },
    );
  for (const [turn, pick] of picks.entries()) {
    const wanted = pick % map.pageCount;
    const missing = [...indexesOf([...map.structure, ...(map.closures[wanted] ?? [])])].filter((piece) => !source.have.has(piece));
    // All but one piece first: a page that only lacks that one is not readable yet.
    const last = missing[pick % Math.max(1, missing.length)];
    if (last !== undefined) {
      source.store(missing.filter((piece) => piece !== last).map((piece): IndexRange => [piece, 1]));
      expect(isHere(map, wanted, source)).toBe(false);
      // A page that the scan alone can find is promised only when all is here, though the scan may step over some of it.
      if (map.pageObjects[wanted] !== 0) expect([wanted, await opens(wanted)]).toEqual([wanted, false]);
      source.store([[last, 1]]);
    }
    const other = (pick * 7 + turn) % map.pageCount;
    expect([wanted, await opens(wanted)]).toEqual([wanted, true]);
    if (map.pageObjects[other] !== 0) expect([other, await opens(other)]).toEqual([other, isHere(map, other, source)]);
  }
}

describe('pages fetched in random order', () => {
  it.each(Object.entries(documents))('%s: what is reported readable is, and what is not lacks a piece that it needs', async (_, bytes) => {
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: choosePieceLength(bytes.length) });
    expect(map.mapped).toBe(true);
    const anyOrder = fc.array(fc.nat(), { minLength: 1, maxLength: 12, size: 'max' });
    await fc.assert(
      fc.asyncProperty(anyOrder, (picks) => fetchAndTry(bytes, map, picks)),
      { numRuns: bytes.length > 100_000 ? 3 : 15 },
    );
  });
});
