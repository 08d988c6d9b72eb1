import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { indexesOf, MemoryByteSource } from '@pageswarm/primitives';
import { PDFDict, PDFDocument, PDFName, type PDFRawStream } from 'pdf-lib';
import { buildPageMap, generatePageView, type PageMap } from './index.ts';
import { TestPdf, testDocument } from './testing-pdf.ts';
import { PartialSource } from './testing-source.ts';

const PIECE = 16_384;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const mapOf = (bytes: Uint8Array): Promise<PageMap> => buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });

async function viewOf(bytes: Uint8Array, page: number): Promise<string> {
  const map = await mapOf(bytes);
  const view = await generatePageView(PartialSource.ofPage(bytes, map, page), page, { map });
  const again = await mapOf(view);
  expect(again).toMatchObject({ mapped: true, pageCount: 1, details: { rebuilt: false } });
  expect((await PDFDocument.load(view)).getPageCount()).toBe(1);
  return latin1(view);
}

describe('a page view', () => {
  it('holds the page and nothing of other pages, from the pieces of its closure alone', async () => {
    const view = await viewOf(testDocument(40, 20_000).toBytes(), 17);
    expect(view).toContain('(Page 18)');
    expect(view.match(/\(Page \d+\)/g)).toHaveLength(1);
    expect(view).toContain('/Helvetica');
  });

  it('reads no page that it links to, but looks at what is a page no more', async () => {
    const link = (num: number): string => `<</Type /Annot /Subtype /Link /Rect [0 0 9 9] /Dest [${num} 0 R /Fit]>>`;
    const pdf = testDocument(40, 20_000)
      .object(10, `<</Type /Page /Parent 2 0 R /Contents 11 0 R /Annots [${link(70)} ${link(7)}]>>`)
      .object(7, '<</Type /Page /Parent 2 0 R /Contents 6 0 R>>')
      .stream(6, '', `deleted page${' '.repeat(20_000)}`);
    const bytes = pdf.toBytes();
    const map = await mapOf(bytes);
    const pieceOf = (text: string): number => Math.floor(bytes.indexOf(text, undefined, 'latin1') / PIECE);
    const needed = new Set(indexesOf([...map.structure, ...(map.closures[0] ?? [])]));
    expect([needed.has(pieceOf('\n70 0 obj')), needed.has(pieceOf('\n7 0 obj'))]).toEqual([false, true]);
    const view = await viewOf(bytes, 0);
    expect(view).toContain('(Page 1)');
    expect(view).not.toContain('deleted page');
  });

  it('tells the length of a stream at once where its data hold the word that ends streams', async () => {
    const bytes = testDocument(2).stream(13, '', 'BT (the word endstream) Tj ET', '4 0 R').object(4, '29').toBytes();
    const view = await viewOf(bytes, 1);
    expect(view).toContain('/Length 29>>\nstream\nBT (the word endstream) Tj ET\nendstream\nendobj');
    const [contents] = (await PDFDocument.load(Buffer.from(view, 'latin1'))).context
      .enumerateIndirectObjects()
      .filter(([reference]) => reference.objectNumber === 13)
      .map(([, object]) => (object as PDFRawStream).getContents());
    expect(latin1(contents as Uint8Array)).toBe('BT (the word endstream) Tj ET');
  });

  it('is the same whether a map tells where the page is or the tree is walked', async () => {
    const bytes = testDocument(9).toBytes();
    const source = new MemoryByteSource(bytes);
    expect(latin1(await generatePageView(source, 4))).toBe(latin1(await generatePageView(source, 4, { map: await mapOf(bytes) })));
  });

  it('takes objects out of object streams', async () => {
    const bytes = testDocument(5).toBytes({ xref: 'stream', packed: [1, 2, 3, 10, 12, 14, 16, 18] });
    const view = await viewOf(bytes, 3);
    expect(view).toContain('(Page 4)');
    expect(view).toContain('3 0 obj\n<</Type /Font');
  });

  it('keeps what the page inherits, from the nearest node, and the nodes that its /Parent names', async () => {
    const bytes = testDocument(3)
      .object(2, '<</Type /Pages /Kids [4 0 R] /MediaBox [0 0 1 1] /Rotate 90>>')
      .object(4, '<</Type /Pages /Kids [10 0 R 12 0 R] /Parent 2 0 R /MediaBox [0 0 200 300] /CropBox 5 0 R>>')
      .object(5, '[0 0 50 60]')
      .object(12, '<</Type /Page /Parent 4 0 R /Contents 13 0 R>>')
      .toBytes();
    const view = await viewOf(bytes, 1);
    const page = (await PDFDocument.load(Buffer.from(view, 'latin1'))).getPage(0);
    expect(page.getMediaBox()).toMatchObject({ width: 200, height: 300 });
    expect(page.getCropBox()).toMatchObject({ width: 50, height: 60 });
    expect(page.getRotation().angle).toBe(90);
  });

  it('lists every number of the document that it mentions but does not hold as free', async () => {
    const bytes = testDocument(6)
      .object(1, '<</Type /Catalog /Pages 2 0 R /Outlines 700 0 R>>')
      .object(12, '<</Type /Page /Parent 2 0 R /Contents 13 0 R /Annots [<</Subtype /Link /Rect [0 0 9 9] /Dest [20 0 R /Fit]>>]>>')
      .toBytes();
    const view = await viewOf(bytes, 1);
    const [head = '', index = ''] = /\/Index \[([\d ]+)\] \/Length \d+>>\nstream\n/.exec(view) ?? [];
    const rows = Buffer.from(view, 'latin1').subarray(view.indexOf(head) + head.length);
    const ranges = index.split(' ').map(Number);
    const numbers = ranges.flatMap((first, at) =>
      at % 2 === 0 ? Array.from({ length: ranges[at + 1] as number }, (_, next) => first + next) : [],
    );
    const kinds = new Map(numbers.map((num, row) => [num, rows[row * 8]]));
    expect([0, 20, 12, 13, 2, 1, 3, 18, 700].map((num) => kinds.get(num))).toEqual([0, 0, 1, 1, 1, 1, 1, undefined, undefined]);
  });

  it('has a form with the fields of the page alone', async () => {
    const widget = '/Type /Annot /Subtype /Widget /Rect [0 0 1 1] /FT /Tx';
    const pdf = testDocument(2)
      .object(10, '<</Type /Page /Parent 2 0 R /Contents 11 0 R /Annots [5 0 R]>>')
      .object(5, `<<${widget} /T (mine)>>`)
      .object(6, `<<${widget} /T (other)>>`)
      .object(7, '[5 0 R 6 0 R]');
    const form = '<</Fields [5 0 R 6 0 R] /DA (/F1 0 Tf)>>';
    expect(await viewOf(pdf.object(1, `<</Type /Catalog /Pages 2 0 R /AcroForm ${form}>>`).toBytes(), 0)).toContain('/Fields [5 0 R]>>');
    const apart = pdf.object(1, '<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R>>').object(4, form);
    expect(await viewOf(apart.toBytes(), 0)).toContain('4 0 obj\n<</DA (/F1 0 Tf) /Fields [5 0 R]>>');
    expect(await viewOf(apart.object(4, '<</Fields 7 0 R>>').toBytes(), 0)).toContain('4 0 obj\n<</Fields []>>');
  });

  it('has no form field of which a part lies on another page, however deep', async () => {
    const widget = '/Type /Annot /Subtype /Widget /Rect [0 0 1 1]';
    const form = (kidsOfInner: string) =>
      testDocument(2)
        .object(1, '<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [4 0 R]>>>>')
        .object(4, '<</T (group) /Kids [6 0 R]>>')
        .object(6, `<</T (inner) /FT /Tx /Parent 4 0 R /Kids ${kidsOfInner}>>`)
        .object(5, `<<${widget} /Parent 6 0 R>>`)
        .object(7, `<<${widget} /Parent 6 0 R>>`)
        .object(10, '<</Type /Page /Parent 2 0 R /Contents 11 0 R /Annots [5 0 R]>>')
        .toBytes();
    expect(await viewOf(form('[5 0 R 7 0 R]'), 0)).toContain('/Fields []');
    for (const whole of ['[5 0 R]', '[5 0 R 4 0 R]', '[5 0 R 6 0 R]']) expect(await viewOf(form(whole), 0)).toContain('/Fields [4 0 R]');
  });

  it('calls its page a page, and keeps a null that stands in the way of what the page would inherit', async () => {
    const bytes = testDocument(3)
      .object(10, '<</Type /Pages /Parent 2 0 R /Contents 11 0 R>>')
      .object(12, '<</Parent 2 0 R /Contents 13 0 R>>')
      .object(14, '<</Type /Page /Parent 2 0 R /Contents 15 0 R /Rotate null>>')
      .toBytes();
    expect(await viewOf(bytes, 0)).toContain('10 0 obj\n<</Contents 11 0 R /Type /Page /Parent 2 0 R>>');
    expect(await viewOf(bytes, 1)).toContain('12 0 obj\n<</Contents 13 0 R /Type /Page /Parent 2 0 R>>');
    expect(await viewOf(bytes, 2)).toContain('/Rotate null>>');
  });

  it('follows a widget to its field, but no annotation to its page or parent', async () => {
    const bytes = testDocument(2)
      .object(10, '<</Type /Page /Parent 2 0 R /Annots [4 0 R 5 0 R]>>')
      .object(4, '<</Type /Annot /Subtype /Widget /Rect [0 0 1 1] /Parent 6 0 R /P 10 0 R>>')
      .object(5, '<</Type /Annot /Subtype /Popup /Rect [0 0 1 1] /Parent 8 0 R>>')
      .object(6, '<</T (field) /FT /Tx /V (value) /Kids [4 0 R 7 0 R]>>')
      .object(7, '<</Type /Annot /Subtype /Widget /Rect [0 0 2 2] /Parent 6 0 R /Marker (other)>>')
      .object(8, '<</Type /Annot /Subtype /Text /Rect [0 0 3 3] /Popup 5 0 R /Marker (markup)>>')
      .toBytes();
    const view = await viewOf(bytes, 0);
    expect(view).toContain('(value)');
    expect(view).not.toContain('(other)');
    expect(view).not.toContain('(markup)');
  });

  it('keeps the glyphs of a Type 3 font that are named P, B and Parent', async () => {
    const pdf = testDocument(1)
      .object(3, '<</Type /Font /Subtype /Type3 /CharProcs 4 0 R>>')
      .object(4, '<</P 5 0 R /B 6 0 R /Parent 7 0 R>>');
    for (const num of [5, 6, 7]) pdf.stream(num, '', `glyph ${num}`);
    const view = await viewOf(pdf.toBytes(), 0);
    for (const num of [5, 6, 7]) expect(view).toContain(`glyph ${num}`);
  });

  it('keeps form defaults and optional content, without fields and XFA', async () => {
    const bytes = testDocument(2)
      .object(1, '<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /OCProperties <</OCGs [8 0 R]>>>>')
      .object(4, '<</Fields [5 0 R] /XFA 6 0 R /DR 7 0 R>>')
      .object(5, '<</T (a field) /FT /Tx>>')
      .object(6, '[(xfa)]')
      .object(7, '<</Font (defaults)>>')
      .object(8, '<</Type /OCG /Name (layer)>>')
      .toBytes();
    const view = await viewOf(bytes, 1);
    expect(view).toContain('(defaults)');
    expect(view).toContain('(layer)');
    expect(view).not.toContain('(a field)');
    expect(view).not.toContain('(xfa)');
  });

  it('is made even where page or root node have no object of their own', async () => {
    const direct = new TestPdf()
      .object(1, '<</Type /Catalog /Pages <</Type /Pages /Kids [<</Type /Page /MediaBox [0 0 7 8] /Contents 5 0 R>> 3 0 R]>>>>')
      .object(3, '<</Type /Page /Contents 6 0 R>>')
      .stream(5, '', 'first page')
      .stream(6, '', 'second page')
      .toBytes();
    const first = await viewOf(direct, 0);
    expect(first).toContain('first page');
    expect(first).not.toContain('second page');
    const document = await PDFDocument.load(Buffer.from(first, 'latin1'));
    expect(document.getPage(0).getMediaBox()).toMatchObject({ width: 7, height: 8 });
    expect(document.catalog.lookup(PDFName.of('Pages'))).toBeInstanceOf(PDFDict);
    expect(await viewOf(direct, 1)).toContain('second page');
  });

  it('is made of a file whose objects had to be searched, and of one without catalog', async () => {
    const bytes = testDocument(3).toBytes({ xref: 'none' });
    expect(await viewOf(bytes, 2)).toContain('(Page 3)');
    const stray = new TestPdf().object(5, '<</Type /Page /Contents 6 0 R>>').stream(6, '', 'stray page').toBytes({ xref: 'none' });
    expect(await viewOf(stray, 0)).toContain('stray page');
  });

  it('is made of a page whose /Parent names another node than the one that lists it', async () => {
    const bytes = testDocument(3)
      .object(12, '<</Type /Page /Parent 4 0 R /Contents 13 0 R>>')
      .object(4, '<</Type /Pages /Kids []>>')
      .toBytes();
    const map = await mapOf(bytes);
    expect(map.pageObjects).toEqual([10, 0, 14]);
    expect(await viewOf(bytes, 1)).toContain('(Page 2)');
  });

  it('is refused for a page that does not exist and for what is no PDF', async () => {
    const source = new MemoryByteSource(testDocument(2).toBytes());
    for (const page of [2, -1, 0.5, Number.NaN])
      await expect(generatePageView(source, page)).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
    const junk = new MemoryByteSource(Buffer.from('no pdf at all'));
    await expect(generatePageView(junk, 0)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
  });

  it('follows a wrong map no further than to another page', async () => {
    const bytes = testDocument(3).toBytes();
    const source = new MemoryByteSource(bytes);
    const map = await mapOf(bytes);
    // Object 3 is a font: no page, so the tree is walked as if there were no map.
    for (const wrong of [3, 999, 2])
      expect(latin1(await generatePageView(source, 1, { map: { ...map, pageObjects: [wrong, wrong, wrong] } }))).toContain('(Page 2)');
  });

  it('lets a failure of the byte source through, such as a piece that nobody has', async () => {
    const bytes = testDocument(40, 20_000).toBytes();
    const map = await mapOf(bytes);
    await expect(generatePageView(PartialSource.ofPage(bytes, map, 3), 30, { map })).rejects.toThrow('is not here');
  });
});
