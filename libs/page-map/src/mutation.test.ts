import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError, MemoryByteSource } from '@pageswarm/primitives';
import fc from 'fast-check';
import { buildPageMap, decodePageMap, encodePageMap, generatePageView, REST } from './index.ts';
import { testDocument } from './testing-pdf.ts';

const PIECE = 16_384;
/** A small file takes milliseconds; this leaves room for a busy machine. */
const MAX_MILLISECONDS = 1_000;
/** Seconds that fuzzing lasts; without it some hundred files, or as many as PAGESWARM_FUZZ_RUNS says. */
const FUZZ_SECONDS = Number(process.env['PAGESWARM_FUZZ_SECONDS'] ?? 0);
const FUZZING =
  FUZZ_SECONDS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: FUZZ_SECONDS * 1_000, markInterruptAsFailure: false }
    : { numRuns: Number(process.env['PAGESWARM_FUZZ_RUNS'] ?? 400) };
const TIMEOUT_MS = 600_000 + FUZZ_SECONDS * 1_000;

const rich = testDocument(6)
  .object(1, '<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /OCProperties <</OCGs [8 0 R]>>>>')
  .object(4, '<</Fields [5 0 R] /DR 7 0 R>>')
  .object(5, '<</T (field) /FT /Tx /Kids [6 0 R]>>')
  .object(6, '<</Subtype /Widget /Rect [0 0 1 1] /Parent 5 0 R>>')
  .object(7, '<</Font 3 0 R>>')
  .object(8, '<</Type /OCG>>')
  .object(10, '<</Type /Page /Parent 2 0 R /Contents 11 0 R /Annots [6 0 R]>>');
const originals = [
  rich.toBytes(),
  rich.toBytes({ xref: 'stream', predictor: true }),
  rich.toBytes({ xref: 'stream', packed: [1, 2, 4, 5, 6, 7, 10, 12, 14] }),
];

type Mutation = readonly [kind: 'flip' | 'cut' | 'digit' | 'repeat' | 'token', at: number, value: number];

const TOKENS = [
  'obj',
  'endobj',
  'stream',
  'endstream',
  'xref',
  'trailer',
  'startxref',
  '<<',
  '>>',
  '[',
  ']',
  '(',
  ' 0 R',
  '/Kids',
  '/Type',
  '/Length',
  '99999999999',
];

function mutated(original: Buffer, mutations: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(original);
  for (const [kind, place, value] of mutations) {
    const at = place % Math.max(1, bytes.length);
    if (kind === 'flip' && bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << (value & 7));
    else if (kind === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + (value % 200))]);
    else if (kind === 'repeat') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - (value % 300)))]);
    else if (kind === 'token')
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(TOKENS[value % TOKENS.length] as string), bytes.subarray(at)]);
    else {
      // Structure lives in numbers: the next digit from here on becomes another.
      let digit = at;
      while (digit < bytes.length && !((bytes[digit] as number) >= 0x30 && (bytes[digit] as number) <= 0x39)) digit++;
      if (digit < bytes.length) bytes[digit] = 0x30 + (value % 10);
    }
  }
  return bytes;
}

const anyMutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.tuple(
    fc.constantFrom('flip' as const, 'cut' as const, 'digit' as const, 'repeat' as const, 'token' as const),
    fc.nat(),
    fc.nat(9_999),
  ),
  { minLength: 1, maxLength: 8 },
);

describe('damaged files', () => {
  it(
    'always get a total map in time that survives encoding, and views or a coded error',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(originals.length - 1), anyMutations, fc.nat(7), async (original, mutations, page) => {
          const bytes = mutated(originals[original] as Buffer, mutations);
          const source = new MemoryByteSource(bytes);
          const started = performance.now();
          const map = await buildPageMap(source, { pieceLength: PIECE });
          const view = await generatePageView(source, page, { map }).catch((error: unknown) => {
            if (!isPageSwarmError(error)) throw error;
            return error.code;
          });
          expect(performance.now() - started).toBeLessThan(MAX_MILLISECONDS);
          expect(map.reason ?? '').not.toBe('its structure could not be read');
          expect(map.runs.reduce((total, [length]) => total + length, 0)).toBe(bytes.length);
          expect(map.runs.every(([length, owner]) => length > 0 && owner >= REST && owner < map.pageCount)).toBe(true);
          expect(decodePageMap(encodePageMap(map), map)).toEqual(map);
          if (typeof view === 'string') expect(['PAGE_NOT_FOUND', 'PDF_UNREADABLE', 'PDF_PASSWORD']).toContain(view);
          else expect(await buildPageMap(new MemoryByteSource(view), { pieceLength: PIECE })).toMatchObject({ mapped: true, pageCount: 1 });
          // What a map says can be opened, can be opened; how many pages there are, both ways agree on.
          if (map.mapped && page < map.pageCount) expect(view).not.toBe('PAGE_NOT_FOUND');
        }),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );
});
