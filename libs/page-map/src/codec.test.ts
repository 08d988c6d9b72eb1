import { Buffer } from 'node:buffer';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { type IndexRange, isPageSwarmError, MemoryByteSource, pieceCount, toIndexRanges } from '@pageswarm/primitives';
import fc from 'fast-check';
import { MAX_INFLATED_PAGE_MAP_BYTES } from './codec.ts';
import { buildPageMap, decodePageMap, encodePageMap, linearPageMap, MAX_ENCODED_PAGE_MAP_BYTES, type PageMap } from './index.ts';
import { type OwnerRun, structurePieces } from './owners.ts';
import { MAX_CLOSURE_RANGES } from './page-map.ts';
import { withoutRanges } from './piece-sets.ts';
import { testDocument } from './testing-pdf.ts';
import { VarintWriter } from './varints.ts';

const PIECE = 16_384;
const details = { encrypted: false, needsPassword: false, rebuilt: false, linearized: false };

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isPageSwarmError(error)) return error.code;
    throw error;
  }
  return 'none';
}

function detailOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isPageSwarmError(error)) return `${error.code}: ${error.detail}`;
    throw error;
  }
  return 'none';
}

/** An encoded map with these numbers after the header that says 1 page, `size` bytes, pieces of 16 KiB. */
function encoded(size: number, numbers: readonly number[], pageCount = 1): Uint8Array {
  return packed([1, 0, size, PIECE, pageCount, ...numbers]);
}

function packed(numbers: readonly number[]): Uint8Array {
  const writer = new VarintWriter();
  for (const value of numbers) writer.unsigned(value);
  return Buffer.concat([Buffer.from('PM\x02', 'latin1'), brotliCompressSync(writer.finish())]);
}

const anyMap = fc
  .record({
    pageCount: fc.integer({ min: 1, max: 12 }),
    lengths: fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 40, size: 'max' }),
    owners: fc.array(fc.nat(), { minLength: 40, maxLength: 40 }),
    pieces: fc.array(fc.array(fc.nat(), { maxLength: 20, size: 'max' }), { minLength: 12, maxLength: 12 }),
    objects: fc.array(fc.nat(2_147_483_647), { minLength: 12, maxLength: 12 }),
  })
  .map(({ pageCount, lengths, owners, pieces, objects }): PageMap => {
    const runs = lengths.map((length, index): OwnerRun => [length, ((owners[index] ?? 0) % (pageCount + 2)) - 2]);
    const size = lengths.reduce((total, length) => total + length, 0);
    const count = pieceCount(size, PIECE);
    const structure = withoutRanges(structurePieces(runs, PIECE), toIndexRanges((pieces[0] ?? []).map((piece) => piece % count)));
    const closures = pieces
      .slice(0, pageCount)
      .map((list): IndexRange[] => withoutRanges(toIndexRanges(list.map((piece) => piece % count)), structure));
    const pageObjects = objects.slice(0, pageCount);
    return { version: 2, size, pieceLength: PIECE, pageCount, mapped: true, runs, closures, structure, pageObjects, details };
  });

describe('the encoded page map', () => {
  it('comes back as it went, whatever the owners and closures are', () => {
    fc.assert(fc.property(anyMap, (map) => expect(decodePageMap(encodePageMap(map), map)).toEqual(map)));
  });

  it('comes back as it went for a real document and for a linear map', async () => {
    const bytes = testDocument(30, 3_000).toBytes();
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    expect(decodePageMap(encodePageMap(map), map)).toEqual(map);
    const linear = linearPageMap({
      size: 9,
      pieceLength: PIECE,
      pageCount: 4,
      reason: 'it is a cat 🐈',
      details: { ...details, encrypted: true, pdfVersion: '2.0' },
    });
    expect(decodePageMap(encodePageMap(linear), linear)).toEqual(linear);
  });

  it('stays small', async () => {
    const bytes = testDocument(300, 3_000).toBytes();
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    expect(encodePageMap(map).length).toBeLessThan(bytes.length * 0.002);
  });
});

describe('a page map from somebody else', () => {
  const document = { size: 50_000, pieceLength: PIECE };
  const refused = (bytes: Uint8Array): string => codeOf(() => decodePageMap(bytes, document));

  it('is refused when it belongs to another document', () => {
    const bytes = encodePageMap(linearPageMap({ ...document, pageCount: 3, reason: 'test' }));
    expect(codeOf(() => decodePageMap(bytes, { size: 50_001, pieceLength: PIECE }))).toBe('INVALID_REQUEST');
    expect(codeOf(() => decodePageMap(bytes, { size: 50_000, pieceLength: PIECE * 2 }))).toBe('INVALID_REQUEST');
  });

  it('is refused when it is cut, wherever the cut is', async () => {
    const source = testDocument(5).toBytes();
    const map = await buildPageMap(new MemoryByteSource(source), { pieceLength: PIECE });
    const bytes = encodePageMap(map);
    for (let length = 0; length < bytes.length; length++)
      expect(codeOf(() => decodePageMap(bytes.subarray(0, length), map))).toBe('INVALID_REQUEST');
  });

  it('is refused or still total and within bounds when bits of it flip', async () => {
    const source = testDocument(8, 5_000).toBytes();
    const map = await buildPageMap(new MemoryByteSource(source), { pieceLength: PIECE });
    const payload = encodePageMap(map);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(payload.length - 1), fc.nat(7)), { minLength: 1, maxLength: 4 }), (flips) => {
        const bytes = Uint8Array.from(payload);
        for (const [at, bit] of flips) bytes[at] = (bytes[at] as number) ^ (1 << bit);
        let decoded: PageMap;
        try {
          decoded = decodePageMap(bytes, map);
        } catch (error) {
          if (!isPageSwarmError(error)) throw error;
          return error.code === 'INVALID_REQUEST';
        }
        const pieces = pieceCount(map.size, PIECE);
        const inBounds = decoded.closures.flat().every(([first, count]) => first >= 0 && count > 0 && first + count <= pieces);
        return inBounds && decoded.runs.reduce((total, [length]) => total + length, 0) === map.size;
      }),
    );
  });

  it('is taken when all of it is within bounds', () => {
    expect(refused(encoded(50_000, [0, 1, 1, 50_000, 0, 0]))).toBe('none');
  });

  /** The numbers of a map of one page that lie after the header: the page's object, runs with owners and lengths, structure, closure. */
  const wrong: Record<string, [numbers: number[], says: string]> = {
    'a negative object': [[1, 1, 1, 50_000, 0, 0], 'has a page object of -1'],
    'an object beyond all numbers': [[4_294_967_296, 1, 1, 50_000, 0, 0], 'has a page object of 4294967296'],
    'more runs than bytes': [[0, 50_001], 'has a number of runs of 50001'],
    'an owner that is no code': [[0, 1, 5, 50_000, 0, 0], 'has an owner of 5'],
    'an unknown page': [[0, 1, 4, 50_000, 0, 0], 'gives bytes to page 2 of 1'],
    'a page before the first': [[0, 1, 3, 50_000, 0, 0], 'gives bytes to page 0 of 1'],
    'a run too long': [[0, 1, 1, 50_001, 0, 0], 'has the length of a run of 50001'],
    'a run too short': [[0, 1, 1, 49_999, 0, 0], 'leaves 1 bytes without owner'],
    'an empty run': [[0, 2, 1, 0, 0, 50_000, 0, 0], 'has the length of a run of 0'],
    'too many structure ranges': [[0, 1, 0, 50_000, 5, 0], 'has a number of structure ranges of 5'],
    'a structure beyond the end': [[0, 1, 0, 50_000, 1, 2, 3, 0], 'has a structure of 3'],
    'a structure that goes back': [[0, 1, 0, 50_000, 1, 2, 0, 0], 'has a structure of 0'],
    'too many closure ranges': [[0, 1, 0, 50_000, 0, 9_999_999], 'has a number of closure ranges of 9999999'],
    'a closure beyond the end': [[0, 1, 0, 50_000, 0, 1, 2, 3], 'has a closure of 3'],
    'a closure that goes back': [[0, 1, 0, 50_000, 0, 1, 2, 0], 'has a closure of 0'],
    'bytes too many': [[0, 1, 1, 50_000, 0, 0, 0], 'has 1 bytes too many'],
    'an end too early': [[0, 1, 1, 50_000, 0], 'ends within a number of closure ranges'],
    'a number without end': [[2 ** 55], 'has a page object beyond all bounds'],
  };
  it.each(Object.entries(wrong))('is refused for %s', (_, [numbers, says]) => {
    expect(detailOf(() => decodePageMap(encoded(50_000, numbers), document))).toContain(`INVALID_REQUEST: The page map ${says}`);
  });

  it('is refused when the objects of its pages add up to more than there can be', () => {
    const largest = 2 * 2_147_483_647;
    expect(detailOf(() => decodePageMap(encoded(50_000, [largest, 2, 1, 1, 50_000, 0, 0, 0], 2), document))).toContain(
      'a page object of 2147483648',
    );
  });

  const wrongHeads: Record<string, [numbers: number[], says: string]> = {
    'unknown flags': [[32], 'has flags of 32'],
    'a long PDF version': [[1, 9, ...new Array<number>(9).fill(49)], 'has the length of a PDF version of 9'],
    'a letter that is no byte': [[1, 1, 256], 'has a PDF version of 256'],
    'no pages': [[1, 0, 50_000, PIECE, 0], 'has a number of pages of 0'],
    'too many pages': [[1, 0, 50_000, PIECE, 100_001], 'has a number of pages of 100001'],
    'another size': [[1, 0, 50_001, PIECE, 1], 'belongs to another document'],
    'another piece length': [[1, 0, 50_000, PIECE * 2, 1], 'belongs to another document'],
    'a reason too long': [[0, 0, 50_000, PIECE, 1, 901], 'has the length of a reason of 901'],
    'bytes after the reason': [[0, 0, 50_000, PIECE, 1, 0, 0], 'has 1 bytes too many'],
  };
  it.each(Object.entries(wrongHeads))('is refused for %s', (_, [numbers, says]) => {
    expect(detailOf(() => decodePageMap(packed(numbers), document))).toContain(`INVALID_REQUEST: The page map ${says}`);
  });

  it('is refused when it is of another version, or does not inflate', () => {
    const good = Buffer.from(encodePageMap(linearPageMap({ ...document, pageCount: 3, reason: 'test' })));
    const older = Buffer.concat([Buffer.from('PM\x01', 'latin1'), good.subarray(3)]);
    expect(detailOf(() => decodePageMap(older, document))).toContain('does not begin as version 2 does');
    expect(detailOf(() => decodePageMap(good.fill(0xff, 3), document))).toContain('cannot be inflated');
  });

  it('is refused when it is longer than allowed, as sent or inflated', () => {
    expect(refused(new Uint8Array(MAX_ENCODED_PAGE_MAP_BYTES + 1))).toBe('INVALID_REQUEST');
    const bomb = brotliCompressSync(Buffer.alloc(MAX_INFLATED_PAGE_MAP_BYTES + 1));
    expect(refused(Buffer.concat([Buffer.from('PM\x02', 'latin1'), bomb]))).toBe('INVALID_REQUEST');
  });

  it('is refused when a few bytes repeat one long closure for very many pages', () => {
    // Page 1 says "every second piece"; each further page says "as before" in one byte.
    const pieces = 8_000;
    const size = pieces * PIECE;
    const pages = Math.ceil((MAX_CLOSURE_RANGES * 2) / (pieces / 2)) + 10;
    const numbers = [
      ...new Array<number>(pages).fill(0),
      1,
      0,
      size,
      0,
      pieces / 2,
      0,
      ...new Array<number>(pieces - 1).fill(1),
      ...new Array<number>(pages - 1).fill(0),
    ];
    expect(codeOf(() => decodePageMap(encoded(size, numbers, pages), { size, pieceLength: PIECE }))).toBe('INVALID_REQUEST');
  });
});
