import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { type ByteSource, countOf, indexesOf, MemoryByteSource } from '@pageswarm/primitives';
import { buildPageMap, linearPageMap, type PageMap, pieceOwners, REST, STRUCTURE } from './index.ts';
import { TestPdf, testDocument } from './testing-pdf.ts';

const PIECE = 16_384;
const mapOf = (bytes: Uint8Array, pieceLength = PIECE): Promise<PageMap> => buildPageMap(new MemoryByteSource(bytes), { pieceLength });

/** The owner of the byte at which `needle` begins. */
function ownerOf(map: PageMap, bytes: Buffer, needle: string): number {
  let at = bytes.indexOf(needle, 0, 'latin1');
  expect(at).toBeGreaterThanOrEqual(0);
  for (const [length, owner] of map.runs) {
    at -= length;
    if (at < 0) return owner;
  }
  throw new Error('beyond the end');
}

function expectTotal(map: PageMap, size: number): void {
  expect(map.runs.reduce((total, [length]) => total + length, 0)).toBe(size);
  for (const [length, owner] of map.runs) {
    expect(length).toBeGreaterThan(0);
    expect(owner).toBeGreaterThanOrEqual(REST);
    expect(owner).toBeLessThan(map.pageCount);
  }
}

describe('owners', () => {
  it('gives page dictionaries and contents to their page, and the frame to the structure', async () => {
    const bytes = testDocument(3).toBytes();
    const map = await mapOf(bytes);
    expect(map).toMatchObject({ mapped: true, pageCount: 3, pageObjects: [10, 12, 14] });
    expect(map.details).toEqual({ encrypted: false, needsPassword: false, rebuilt: false, linearized: false, pdfVersion: '1.7' });
    expectTotal(map, bytes.length);
    expect(ownerOf(map, bytes, '%PDF')).toBe(STRUCTURE);
    expect(ownerOf(map, bytes, '/Catalog')).toBe(STRUCTURE);
    expect(ownerOf(map, bytes, '/Kids')).toBe(STRUCTURE);
    expect(ownerOf(map, bytes, 'xref')).toBe(STRUCTURE);
    expect(ownerOf(map, bytes, '/Contents 13')).toBe(1);
    expect(ownerOf(map, bytes, '(Page 3)')).toBe(2);
    // With three pages nothing counts as widely shared: the first page that uses the font owns it.
    expect(ownerOf(map, bytes, '/Helvetica')).toBe(0);
  });

  it('puts what half of the pages share into the structure, from four pages on', async () => {
    const pdf = testDocument(4).object(5, '<</Type /ExtGState>>').object(6, '<</Type /XObject>>');
    pdf.object(10, '<</Type /Page /Parent 2 0 R /A 5 0 R /C 6 0 R>>').object(14, '<</Type /Page /Parent 2 0 R /A 5 0 R>>');
    const bytes = pdf.toBytes();
    const map = await mapOf(bytes);
    expect(ownerOf(map, bytes, '/Helvetica')).toBe(STRUCTURE);
    expect(ownerOf(map, bytes, '/ExtGState')).toBe(STRUCTURE);
    expect(ownerOf(map, bytes, '/XObject')).toBe(0);
  });

  it('leaves outlines and objects that nothing needs to the rest', async () => {
    const bytes = testDocument(2)
      .object(1, '<</Type /Catalog /Pages 2 0 R /Outlines 7 0 R>>')
      .object(7, `<</Type /Outlines /First 8 0 R ${'%\n'.repeat(40)}>>`)
      .object(8, `<</Title (${'x'.repeat(100)}) /Parent 7 0 R /Dest [10 0 R /Fit]>>`)
      .toBytes();
    const map = await mapOf(bytes);
    expect(ownerOf(map, bytes, '/First')).toBe(REST);
    expect(ownerOf(map, bytes, '/Title')).toBe(REST);
  });

  it('cuts a closure at other pages, and tells the pieces that each page needs beside the structure', async () => {
    const pdf = testDocument(6, 40_000);
    pdf.object(
      12,
      '<</Type /Page /Parent 2 0 R /Contents 13 0 R /Annots [<</Type /Annot /Subtype /Link /Rect [0 0 1 1] /P 12 0 R /Dest [20 0 R /Fit]>>]>>',
    );
    const bytes = pdf.toBytes();
    const map = await mapOf(bytes);
    const content = bytes.indexOf('(Page 2)', 0, 'latin1');
    const pieces = new Set([...indexesOf(map.closures[1] ?? []), ...indexesOf(map.structure)]);
    for (let piece = Math.floor(content / PIECE); piece <= Math.floor((content + 40_000) / PIECE); piece++) expect(pieces).toContain(piece);
    expect(countOf(map.closures[1] ?? [])).toBeLessThan(5);
    expect([...indexesOf(map.closures[1] ?? [])].some((piece) => [...indexesOf(map.structure)].includes(piece))).toBe(false);
  });

  it('gives each piece one owner: structure before pages before rest, the lowest page first', () => {
    const runs = [
      [10, 2],
      [6, 1],
      [16, REST],
      [8, 5],
      [8, STRUCTURE],
      [4, REST],
    ] as const;
    expect([...pieceOwners({ runs, size: 52, pieceLength: 16 })]).toEqual([1, REST, STRUCTURE, REST]);
  });
});

describe('cross-reference data', () => {
  const pages = testDocument(5);
  const layouts: Record<string, Buffer> = {
    'a table': pages.toBytes(),
    'a stream': pages.toBytes({ xref: 'stream' }),
    'a stream with a predictor': pages.toBytes({ xref: 'stream', predictor: true }),
    'an object stream': pages.toBytes({ xref: 'stream', packed: [1, 2, 3, 10, 12, 14, 16, 18] }),
    'junk before the header': pages.toBytes({ junk: 'HTTP/1.1 200 OK\r\n\r\n' }),
    'junk before the header that offsets count': pages.toBytes({ junk: 'HTTP/1.1 200 OK\r\n\r\n', offsetsFromFile: true }),
  };
  for (const [name, bytes] of Object.entries(layouts))
    it(`reads ${name}`, async () => {
      const map = await mapOf(bytes);
      expect(map).toMatchObject({ mapped: true, pageCount: 5, details: { rebuilt: false } });
      expectTotal(map, bytes.length);
    });

  const broken: Record<string, Buffer> = {
    'no table at all': pages.toBytes({ xref: 'none' }),
    'wrong offsets': pages.toBytes({ offset: (_, offset) => offset + 7 }),
    'one wrong offset': pages.toBytes({ offset: (num, offset) => (num === 14 ? offset - 30 : offset) }),
    'a cut end': pages.toBytes().subarray(0, -120),
    'a packed catalog and a cut end': pages.toBytes({ xref: 'stream', packed: [1, 2, 10] }).subarray(0, -60),
  };
  for (const [name, bytes] of Object.entries(broken))
    it(`finds the objects by a scan with ${name}`, async () => {
      const map = await mapOf(bytes);
      expect(map).toMatchObject({ mapped: true, pageCount: 5, details: { rebuilt: true } });
      expectTotal(map, bytes.length);
      // Opening a page of such a file takes a scan of all of it, so each page needs every piece.
      expect(map.pageObjects).toEqual([0, 0, 0, 0, 0]);
    });
});

describe('files that are no usable PDF', () => {
  it('get a linear map with the reason', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(50_000, '%PDF-1.4 ')]) {
      const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE, linearPageCount: 3 });
      expect(map).toMatchObject({ mapped: false, pageCount: 3, reason: 'it has no pages', pageObjects: [], structure: [] });
      expectTotal(map, bytes.length);
    }
  });

  it('are cut into equal slices, in order', () => {
    const map = linearPageMap({ size: 100_000, pieceLength: PIECE, pageCount: 3, reason: 'test' });
    expect(map.runs).toEqual([
      [33_333, 0],
      [33_333, 1],
      [33_334, 2],
    ]);
    expect(map.closures).toEqual([[[0, 3]], [[2, 3]], [[4, 3]]]);
  });

  it('let a failure of the byte source through', async () => {
    const source: ByteSource = { size: 1_000, read: () => Promise.reject(new Error('disk on fire')) };
    await expect(buildPageMap(source, { pieceLength: PIECE })).rejects.toThrow('disk on fire');
  });
});

it('takes nodes and pages without a type as readers do', async () => {
  const bytes = new TestPdf()
    .object(1, '<</Type /Catalog /Pages 2 0 R>>')
    .object(2, '<</Kids [3 0 R]>>')
    .object(3, '<</Type /Page /Parent 2 0 R>>')
    .toBytes();
  const map = await mapOf(bytes);
  expect(map).toMatchObject({ mapped: true, pageCount: 1, pageObjects: [3] });
});
