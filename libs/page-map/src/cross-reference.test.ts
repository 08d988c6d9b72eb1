import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from '@pageswarm/primitives';
import { HEADER_SEARCH_BYTES } from './cross-reference.ts';
import { buildPageMap, generatePageView, type PageMap } from './index.ts';
import { type TestPdf, testDocument, xrefTable } from './testing-pdf.ts';

const PIECE = 16_384;
const mapOf = (bytes: Uint8Array): Promise<PageMap> => buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
const viewOf = async (bytes: Uint8Array, index: number): Promise<string> =>
  Buffer.from(await generatePageView(new MemoryByteSource(bytes), index)).toString('latin1');
const firstView = (bytes: Uint8Array): Promise<string> => viewOf(bytes, 0);

/** Appends objects and a section for them to a finished file, as an incremental update does. */
function updated(bytes: Buffer, objects: Record<number, string>, trailer = '/Root 1 0 R', freed: readonly number[] = []): Buffer {
  const previous = bytes.lastIndexOf('\nxref', undefined, 'latin1') + 1;
  const offsets = new Map<number, number>();
  let text = '';
  for (const [num, body] of Object.entries(objects)) {
    offsets.set(Number(num), bytes.length + text.length);
    text += `${num} 0 obj\n${body}\nendobj\n`;
  }
  const start = bytes.length + text.length;
  const free = freed.map((num) => `${num} 1\n0000000000 00001 f \n`).join('');
  const table = xrefTable(offsets.size > 0 ? offsets : new Map([[1, bytes.indexOf('1 0 obj')]]), `${trailer} /Prev ${previous}`)
    .toString('latin1')
    .replace('trailer', `${free}trailer`);
  return Buffer.concat([bytes, Buffer.from(`${text}${table}startxref\n${start}\n%%EOF\n`, 'latin1')]);
}

/** Appends a cross-reference stream, 99, that says of one object that it is free. */
function freedByStream(bytes: Buffer, num: number): Buffer {
  const previous = bytes.lastIndexOf('\nxref', undefined, 'latin1') + 1;
  const entries = `/Type /XRef /Size 100 /W [1 2 1] /Index [${num} 1 99 1] /Root 1 0 R /Prev ${previous} /Length 8`;
  const rows = Buffer.from([0, 0, 0, 1, 1, bytes.length >> 8, bytes.length & 0xff, 0]);
  const end = Buffer.from(`\nendstream\nendobj\nstartxref\n${bytes.length}\n%%EOF\n`, 'latin1');
  return Buffer.concat([bytes, Buffer.from(`99 0 obj\n<<${entries}>>\nstream\n`, 'latin1'), rows, end]);
}

/** Rewrites the table of a finished file with one subsection and entries of a chosen form. */
function retabled(pdf: TestPdf, form: (offset: number, inUse: boolean) => string, first = 0): Buffer {
  const text = pdf.toBytes().toString('latin1');
  const start = text.lastIndexOf('\nxref') + 1;
  const offsets = new Map([...text.matchAll(/(\d+) 0 obj/g)].map((match) => [Number(match[1]), match.index]));
  const highest = Math.max(...offsets.keys());
  let table = `xref\n${first} ${highest + 1}\n0000000000 65535 f \n`;
  for (let num = 1; num <= highest; num++) table += form(offsets.get(num) ?? 0, offsets.has(num));
  const trailer = `trailer\n<</Size ${highest + 1} /Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text.slice(0, start) + table + trailer, 'latin1');
}

const digits = (offset: number): string => String(offset).padStart(10, '0');

describe('cross-reference sections', () => {
  it('of several revisions: the newest word on an object stands, and older ones are the rest of the file', async () => {
    const old = testDocument(2, 300).toBytes();
    const bytes = updated(old, { 10: '<</Type /Page /Parent 2 0 R /Contents 11 0 R /Rotate 90>>' });
    const map = await mapOf(bytes);
    expect(map).toMatchObject({ mapped: true, pageCount: 2, details: { rebuilt: false } });
    expect(await firstView(bytes)).toContain('/Rotate 90');
  });

  it('of several revisions: what a table frees although the document refers to it is shown as other readers show it', async () => {
    const bytes = updated(testDocument(3).toBytes(), {}, '/Root 1 0 R', [12, 13]);
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 3, pageObjects: [10, 12, 14], details: { rebuilt: false } });
    expect(await viewOf(bytes, 1)).toContain('(Page 2)');
  });

  it('of several revisions: what a stream frees is nothing, and its place stays empty', async () => {
    const bytes = freedByStream(testDocument(3).toBytes(), 12);
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 3, pageObjects: [10, 0, 14], details: { rebuilt: false } });
    await expect(viewOf(bytes, 1)).rejects.toMatchObject({ code: 'PDF_UNREADABLE', detail: expect.stringContaining('nothing stands') });
    expect(await viewOf(bytes, 2)).toContain('(Page 3)');
  });

  it('of which an older one is lost: a scan decides only if something is missing', async () => {
    const whole = updated(testDocument(3).toBytes(), { 12: '<</Type /Page /Parent 2 0 R>>' }).toString('latin1');
    const lost = Buffer.from(whole.replace(/\/Prev \d+/, '/Prev 7'), 'latin1');
    expect(await mapOf(lost)).toMatchObject({ mapped: true, pageCount: 3, details: { rebuilt: true } });
  });

  it('that hide objects from old readers: the stream of a hybrid file has the word', async () => {
    const pdf = testDocument(2);
    const streamed = pdf.toBytes({ xref: 'stream', packed: [10, 12] });
    const text = streamed.toString('latin1');
    const streamAt = Number(/startxref\n(\d+)/.exec(text)?.[1]);
    const offsets = new Map(
      [...text.matchAll(/(\d+) 0 obj/g)].filter((match) => match.index < streamAt).map((match) => [Number(match[1]), match.index]),
    );
    const hidden = '10 1\n0000000000 65535 f \n12 1\n0000000000 65535 f \n';
    const table = xrefTable(offsets, `/Root 1 0 R /XRefStm ${streamAt}`).toString('latin1').replace('trailer', `${hidden}trailer`);
    const bytes = Buffer.concat([streamed, Buffer.from(`${table}startxref\n${streamed.length}\n%%EOF\n`, 'latin1')]);
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 2, pageObjects: [10, 12], details: { rebuilt: false } });
  });

  it('with one subsection, with entries of 19 or 21 bytes, and with numbers that begin at 1', async () => {
    const pdf = testDocument(2);
    const forms: [form: (offset: number, inUse: boolean) => string, first: number][] = [
      [(offset, inUse) => `${digits(offset)} 0000${inUse ? '0 n' : '1 f'}\r\n`, 0],
      [(offset, inUse) => `${digits(offset)} 0000${inUse ? '0 n' : '1 f'}\n`, 0],
      [(offset, inUse) => `${digits(offset)} 0000${inUse ? '0 n' : '1 f'} \r\n`, 0],
      [(offset, inUse) => `${digits(offset)} 0000${inUse ? '0 n' : '1 f'} \n`, 1],
    ];
    for (const [form, first] of forms)
      expect(await mapOf(retabled(pdf, form, first))).toMatchObject({ mapped: true, pageCount: 2, details: { rebuilt: false } });
  });

  it('are found behind bytes that follow the end of the file', async () => {
    const bytes = Buffer.concat([testDocument(2).toBytes(), Buffer.alloc(5_000, '\n')]);
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 2, details: { rebuilt: false } });
  });

  it('are told apart by the header that is within reach', async () => {
    const junk = (length: number): Buffer => testDocument(2).toBytes({ junk: '-'.repeat(length) });
    expect(await mapOf(junk(HEADER_SEARCH_BYTES - 8))).toMatchObject({ mapped: true, details: { rebuilt: false, pdfVersion: '1.7' } });
    // Beyond it neither the header nor, with that, the offsets are known: a scan finds the objects all the same.
    expect(await mapOf(junk(HEADER_SEARCH_BYTES))).toMatchObject({ mapped: true, pageCount: 2, details: { rebuilt: true } });
  });
});

describe('a scan for objects', () => {
  it('steps over a PDF that is attached to the file', async () => {
    const attached = testDocument(7).toBytes();
    const pdf = testDocument(2).stream(900, '/Type /EmbeddedFile', attached);
    const bytes = pdf.toBytes({ xref: 'none' });
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 2, details: { rebuilt: true } });
  });

  it('takes the last object of a number', async () => {
    const bytes = Buffer.concat([
      testDocument(1).toBytes({ xref: 'none' }),
      Buffer.from('10 0 obj\n<</Type /Page /Parent 2 0 R /Rotate 270>>\nendobj\n', 'latin1'),
    ]);
    expect(await firstView(bytes)).toContain('/Rotate 270');
  });

  it('finds pages that no tree leads to', async () => {
    const bytes = testDocument(3).object(2, '<</Type /Pages /Kids null>>').toBytes();
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 3, details: { rebuilt: true } });
  });
});

describe('page trees as they come', () => {
  const KIDS = '[10 0 R null 12 0 R 10 0 R 77 0 R (x) 2 0 R]';
  const withCount = (count: string) => testDocument(3).object(2, `<</Type /Pages ${count} /Kids 4 0 R>>`).object(4, KIDS).toBytes();

  it('have kids in an array of its own, pages twice, and kids that are nothing, which take the place of pages', async () => {
    const bytes = withCount('/Count 6');
    const map = await mapOf(bytes);
    expect(map).toMatchObject({ mapped: true, pageCount: 6, pageObjects: [10, 0, 12, 10, 0, 0], details: { rebuilt: false } });
    expect(map.closures[0]).toEqual(map.closures[3]);
    expect(await viewOf(bytes, 2)).toContain('(Page 2)');
    await expect(viewOf(bytes, 1)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
  });

  it.each([
    ['cuts the list', '/Count 4', [10, 0, 12, 10]],
    ['fills it up while there are as many objects', '/Count 7', [10, 0, 12, 10, 0, 0, 0]],
    ['is not believed beyond that', '/Count 99', [10, 0, 12, 10, 0, 0]],
    ['is not believed when it is absurd', '/Count -1', [10, 0, 12]],
    ['is made of the kids that are something when it is missing', '', [10, 0, 12]],
  ])('have a /Count that %s, as it is for PDFium and poppler', async (_, count, pageObjects) => {
    expect(await mapOf(withCount(count))).toMatchObject({ mapped: true, pageCount: pageObjects.length, pageObjects });
  });

  it('name their nodes and leaves as they like: what has kids is a node, what has none a page', async () => {
    const bytes = testDocument(3)
      .object(2, '<</Type /Page /Count 3 /Kids [4 0 R 14 0 R] /MediaBox [0 0 200 200]>>')
      .object(4, '<</Type /Page /Parent 2 0 R /Count 2 /Kids [10 0 R 12 0 R]>>')
      .object(10, '<</Type /Page /Parent 4 0 R /Contents 11 0 R>>')
      .object(12, '<</Type /Pages /Parent 4 0 R /Contents 13 0 R>>')
      .toBytes();
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 3, pageObjects: [10, 12, 14], details: { rebuilt: false } });
    expect(await viewOf(bytes, 1)).toContain('(Page 2)');
  });

  it('may be a single page', async () => {
    const bytes = testDocument(1).object(1, '<</Type /Catalog /Pages 10 0 R>>').toBytes();
    expect(await mapOf(bytes)).toMatchObject({ mapped: true, pageCount: 1, pageObjects: [10] });
    expect(await firstView(bytes)).toContain('(Page 1)');
  });
});

describe('streams', () => {
  it('end where endstream stands when /Length is wrong, missing, indirect or its own stream', async () => {
    for (const length of ['5', '99999', '-1', '(x)', '4 0 R', '11 0 R', '77 0 R']) {
      const pdf = testDocument(2)
        .object(4, '203')
        .stream(11, '', `BT (content of page one) Tj ET ${'%'.repeat(300)}`, length);
      const bytes = pdf.toBytes();
      const map = await mapOf(bytes);
      expect(map).toMatchObject({ mapped: true, pageCount: 2, details: { rebuilt: false } });
      const end = bytes.indexOf('endstream', bytes.indexOf('content of page one'));
      let at = 0;
      const owner = map.runs.find(([run]) => {
        at += run;
        return at > end;
      })?.[1];
      expect([length, owner]).toEqual([length, 0]);
    }
  });

  it.each(['/DecodeParms', '/Extends 5 0 R /DecodeParms'])(
    'of objects are opened once, even if what it takes lies in themselves: %s',
    async (key) => {
      const pdf = testDocument(2).object(20, '<</Predictor 1>>');
      const bytes = pdf.toBytes({ xref: 'stream', packed: [3, 20], packedEntries: `${key} 20 0 R` });
      const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE, limits: { maxWorkBytes: 20_000 } });
      expect([map.mapped, map.reason, map.pageCount]).toEqual([true, undefined, 2]);
    },
  );
});
