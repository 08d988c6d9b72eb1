import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from '@pageswarm/primitives';
import { BlockReader } from './byte-window.ts';
import { buildPageMap, generatePageView, type PageMap, type PageMapLimits } from './index.ts';
import { TestPdf, testDocument } from './testing-pdf.ts';

const PIECE = 16_384;
const mapOf = (bytes: Uint8Array, limits: Partial<PageMapLimits>): Promise<PageMap> =>
  buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE, limits });

/** Maps with the limit at `enough` and expects a linear map whose reason tells `reason` one below. */
async function expectLimit(bytes: Uint8Array, name: keyof PageMapLimits, enough: number, reason: string): Promise<void> {
  expect(await mapOf(bytes, { [name]: enough })).toMatchObject({ mapped: true });
  const map = await mapOf(bytes, { [name]: enough - 1 });
  expect(map).toMatchObject({ mapped: false });
  expect(map.reason).toContain(reason);
}

/** `count` revisions: each adds a section that points to the one before. */
function revisions(count: number): Buffer {
  let bytes = testDocument(1).toBytes();
  for (let revision = 1; revision < count; revision++) {
    const previous = bytes.lastIndexOf('\nxref', undefined, 'latin1') + 1;
    const start = bytes.length;
    const text = `xref\n0 0\ntrailer\n<</Size 20 /Root 1 0 R /Prev ${previous}>>\nstartxref\n${start}\n%%EOF\n`;
    bytes = Buffer.concat([bytes, Buffer.from(text, 'latin1')]);
  }
  return bytes;
}

/** A page tree with `depth` nodes above its only page. */
function deepTree(depth: number): Buffer {
  const pdf = new TestPdf().object(1, '<</Type /Catalog /Pages 2 0 R>>');
  for (let level = 0; level < depth; level++) pdf.object(2 + level, `<</Type /Pages /Kids [${3 + level} 0 R] /Parent ${1 + level} 0 R>>`);
  return pdf.object(2 + depth, `<</Type /Page /Parent ${1 + depth} 0 R>>`).toBytes();
}

describe('the limits of reading a structure', () => {
  it('maxObjects', () => expectLimit(testDocument(3).toBytes(), 'maxObjects', 9, 'more than 8 objects'));

  it('maxXrefSections', () => expectLimit(revisions(5), 'maxXrefSections', 5, 'more than 4 cross-reference sections'));

  it('maxXrefEntries', async () => {
    const map = await mapOf(testDocument(3).toBytes(), { maxXrefEntries: 5 });
    expect(map).toMatchObject({ mapped: false, reason: 'it has more than 5 cross-reference entries' });
  });

  it('maxPages', () => expectLimit(testDocument(7).toBytes(), 'maxPages', 7, 'more than 6 pages'));

  it('maxTreeDepth', () => expectLimit(deepTree(9), 'maxTreeDepth', 9, 'deeper than 8 nodes'));

  it('maxTreeKids', () => expectLimit(testDocument(7).toBytes(), 'maxTreeKids', 8, 'more than 7 kids'));

  it('maxNesting: an object that nests deeper counts as null', async () => {
    const nested = (depth: number): Buffer =>
      testDocument(1)
        .object(3, `<</A ${'['.repeat(depth)} 30 0 R ${']'.repeat(depth)}>>`)
        .object(30, `[${'/Needed '.repeat(20)}]`)
        .toBytes();
    const inside = await mapOf(nested(9), { maxNesting: 10 });
    const beyond = await mapOf(nested(10), { maxNesting: 10 });
    const ownedBytes = (map: PageMap): number => map.runs.reduce((total, [length, owner]) => total + (owner === 0 ? length : 0), 0);
    expect([inside.mapped, beyond.mapped]).toEqual([true, true]);
    expect(ownedBytes(inside) - ownedBytes(beyond)).toBeGreaterThan(100);
  });

  it('maxObjectBytes', async () => {
    const bytes = testDocument(1)
      .object(3, `[${'1 '.repeat(100_000)}]`)
      .toBytes();
    expect(await mapOf(bytes, {})).toMatchObject({ mapped: true });
    const map = await mapOf(bytes, { maxObjectBytes: 100_000 });
    expect(map).toMatchObject({ mapped: false, reason: 'an object is longer than 100000 bytes' });
  });

  it('maxInflatedBytes, of one stream', async () => {
    const bytes = testDocument(3)
      .object(3, `<</Pad ${' '.repeat(5_000)}>>`)
      .toBytes({ xref: 'stream', packed: [1, 2, 3] });
    expect(await mapOf(bytes, { maxInflatedBytes: 6_000 })).toMatchObject({ mapped: true });
    const map = await mapOf(bytes, { maxInflatedBytes: 5_000 });
    expect(map.reason).toBe('a stream that holds its structure inflates to more than 5000 bytes');
  });

  it('maxTotalInflatedBytes, of all streams together', async () => {
    const bytes = testDocument(3)
      .object(3, `<</Pad ${' '.repeat(5_000)}>>`)
      .toBytes({ xref: 'stream', packed: [1, 2, 3] });
    expect(await mapOf(bytes, { maxTotalInflatedBytes: 6_000 })).toMatchObject({ mapped: true });
    expect(await mapOf(bytes, { maxTotalInflatedBytes: 5_200 })).toMatchObject({ mapped: false });
  });

  it('maxVisits', async () => {
    const bytes = testDocument(20).toBytes();
    expect(await mapOf(bytes, { maxVisits: 500 })).toMatchObject({ mapped: true });
    const map = await mapOf(bytes, { maxVisits: 30 });
    expect(map).toMatchObject({ mapped: false, reason: 'its pages refer to each other more than 30 times' });
  });

  it('maxWorkBytes and maxWorkFactor', async () => {
    const bytes = testDocument(20).toBytes();
    expect(await mapOf(bytes, { maxWorkBytes: 0, maxWorkFactor: 3 })).toMatchObject({ mapped: true });
    for (const limits of [
      { maxWorkBytes: 0, maxWorkFactor: 0.1 },
      { maxWorkBytes: 500, maxWorkFactor: 0 },
    ]) {
      const map = await mapOf(bytes, limits);
      expect(map.reason).toContain('takes too much work');
    }
  });

  it('maxViewBytes', async () => {
    const source = new MemoryByteSource(testDocument(2, 5_000).toBytes());
    expect((await generatePageView(source, 1)).length).toBeGreaterThan(5_000);
    await expect(generatePageView(source, 1, { limits: { maxViewBytes: 5_000 } })).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
  });

  it('maxCacheBytes: blocks beyond it are read again', async () => {
    let reads = 0;
    const bytes = Buffer.alloc(65_536 * 4, 'x');
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      reads++;
      return bytes.subarray(offset, offset + length);
    };
    const source = { size: bytes.length, read };
    const blocks = new BlockReader(source, 65_536, 65_536 * 2);
    for (const offset of [0, 65_536, 1, 65_537, 140_000, 65_538, 2]) await blocks.at(offset);
    // Three blocks, and the first once more: it was used least recently when the third came.
    expect(reads).toBe(4);
  });
});

describe('hostile files end soon', () => {
  // Processor time, for on a busy machine the clock on the wall says nothing about the map.
  const timed = async (bytes: Uint8Array, milliseconds = 5_000): Promise<PageMap> => {
    const before = process.cpuUsage();
    const map = await mapOf(bytes, {});
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(milliseconds);
    expect(map.runs.reduce((total, [length]) => total + length, 0)).toBe(bytes.length);
    return map;
  };

  it('a page tree that fans out to 10^12 pages over twelve levels of the same nodes', async () => {
    const pdf = new TestPdf().object(1, '<</Type /Catalog /Pages 2 0 R>>');
    for (let level = 0; level < 12; level++)
      pdf.object(2 + level, `<</Type /Pages /Count 1000000000000 /Kids [${`${3 + level} 0 R `.repeat(10)}]>>`);
    const map = await timed(pdf.object(14, '<</Type /Page /Parent 13 0 R>>').toBytes());
    expect(map).toMatchObject({ mapped: true, pageCount: 10 });
  });

  it('a page tree and references that run in circles', async () => {
    const pdf = new TestPdf()
      .object(1, '<</Type /Catalog /Pages 2 0 R /AcroForm 1 0 R /OCProperties 4 0 R>>')
      .object(2, '<</Type /Pages /Kids [2 0 R 3 0 R 1 0 R] /Parent 2 0 R>>')
      .object(3, '<</Type /Page /Parent 3 0 R /Resources 4 0 R /Contents 6 0 R>>')
      .object(4, '[4 0 R 5 0 R]')
      .object(5, '5 0 R')
      .stream(6, '', 'x', '6 0 R');
    // The catalog stands among the kids and has no /Kids itself, so it counts as a page, as other readers count it.
    expect(await timed(pdf.toBytes())).toMatchObject({ mapped: true });
  });

  it('cross-reference sections that name each other as the one before', async () => {
    const bytes = revisions(2).toString('latin1');
    const last = bytes.lastIndexOf('\nxref') + 1;
    const looped = bytes.replace(/\/Prev \d+/, `/Prev ${last}`);
    expect(await timed(Buffer.from(looped, 'latin1'))).toMatchObject({ mapped: true });
  });

  it('an object stream and a cross-reference stream that announce 2,000,000,000 entries', async () => {
    const pdf = testDocument(2);
    const bytes = pdf.toBytes({ xref: 'stream', packed: [1, 2, 3], trailer: '/Root 1 0 R /Index [0 2000000000]' }).toString('latin1');
    const map = await timed(Buffer.from(bytes.replace('/N 3 ', '/N 2000000000 '), 'latin1'));
    expect(map).toMatchObject({ mapped: true, pageCount: 2 });
  });

  it('an object stream that refers to 30,000 objects on behalf of each of the 2,000 in it', async () => {
    const pdf = testDocument(2);
    const packed = Array.from({ length: 2_000 }, (_, index) => 100 + index);
    for (const num of packed) pdf.object(num, '<<>>');
    const bytes = pdf
      .object(3, `[${packed.map((num) => `${num} 0 R`).join(' ')}]`)
      .toBytes({ xref: 'stream', packed })
      .toString('latin1');
    const greedy = bytes.replace('/Type /ObjStm', `/Type /ObjStm /DecodeParms [${'10 0 R '.repeat(30_000)}]`);
    const memory = process.memoryUsage().arrayBuffers;
    expect((await timed(Buffer.from(greedy, 'latin1'))).reason).toContain('refer to each other more than');
    expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(400_000_000);
  });

  it('a table that announces 2,000,000,000 entries from 2,000,000,000 on', async () => {
    const bytes = testDocument(2).toBytes().toString('latin1').replace('xref\n0 1\n', 'xref\n2000000000 2000000000\n');
    expect((await timed(Buffer.from(bytes, 'latin1'))).pageCount).toBe(2);
  });

  it('a cross-reference stream that inflates without end', async () => {
    const bomb = deflateSync(Buffer.alloc(80_000_000));
    const head = Buffer.from(`%PDF-1.7\n1 0 obj\n<</Type /XRef /W [1 4 2] /Size 9 /Filter /FlateDecode /Length ${bomb.length}>>\nstream\n`);
    const bytes = Buffer.concat([head, bomb, Buffer.from('\nendstream\nendobj\nstartxref\n9\n%%EOF\n')]);
    expect((await timed(bytes)).reason).toContain('inflates to more than');
  });

  it('strings and arrays that open inside each other and never close', async () => {
    for (const opening of ['(', '[', '<<', '<</A ']) {
      let text = '%PDF-1.7\n';
      const offsets: string[] = [];
      for (let num = 1; num <= 20_000; num++) {
        offsets.push(`${String(text.length).padStart(10, '0')} 00000 n \n`);
        text += `${num} 0 obj ${opening}\n`;
      }
      const refs = Array.from({ length: 20_000 }, (_, index) => `${index + 1} 0 R`).join(' ');
      const root = text.length;
      text += `20001 0 obj <</Type /Catalog /Pages <</Kids [<</Type /Page /R [${refs}]>>]>>>> endobj\n`;
      const xref = text.length;
      text += `xref\n1 20001\n${offsets.join('')}${String(root).padStart(10, '0')} 00000 n \ntrailer <</Root 20001 0 R>>\nstartxref\n${xref}\n%%EOF`;
      await timed(Buffer.from(text, 'latin1'), 10_000);
    }
  });

  it('streams whose /Length lies and that never end', async () => {
    const pdf = testDocument(1);
    for (let num = 100; num < 1_100; num++) pdf.object(num, `<</Length ${num * 1_000}>>\nstream\nnothing`);
    pdf.object(3, `[${Array.from({ length: 1_000 }, (_, index) => `${100 + index} 0 R`).join(' ')}]`);
    expect(await timed(pdf.toBytes())).toMatchObject({ pageCount: 1 });
  });

  it('100,000 objects on one page', async () => {
    const pdf = testDocument(1).object(3, `[${Array.from({ length: 100_000 }, (_, index) => `${100 + index} 0 R`).join(' ')}]`);
    for (let num = 100; num < 100_100; num++) pdf.object(num, '<</A 1>>');
    expect(await timed(pdf.toBytes(), 10_000)).toMatchObject({ mapped: true, pageCount: 1 });
  });

  it('20,000 pages in one node', async () => {
    const bytes = testDocument(20_000, 0).toBytes();
    expect(await timed(bytes, 15_000)).toMatchObject({ mapped: true, pageCount: 20_000 });
  });

  it('a MediaBox of 2,000,000,000 points, which no map looks at', async () => {
    const bytes = testDocument(1).object(10, '<</Type /Page /Parent 2 0 R /MediaBox [0 0 2000000000 2000000000]>>').toBytes();
    expect(await timed(bytes)).toMatchObject({ mapped: true, pageCount: 1 });
  });
});
