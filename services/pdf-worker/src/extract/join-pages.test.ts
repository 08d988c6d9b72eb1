import { describe, expect, it } from '@jest/globals';
import { generatePageView } from '@pageswarm/page-map';
import { MemoryByteSource } from '@pageswarm/primitives';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { PNG } from 'pngjs';
import { MemoryBlocks } from '../pdfium/memory-blocks.ts';
import { PdfiumLibrary } from '../pdfium/pdfium-library.ts';
import { copyPages, joinDocuments, joinViews } from './join-pages.ts';

const nothing = () => undefined;

/** Twelve pages that share one large image; each says its number. */
async function illustrated(): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  const picture = await document.embedPng(noisePng());
  for (let page = 1; page <= 12; page++) {
    const added = document.addPage([200, 100 + page]);
    added.drawImage(picture, { x: 0, y: 0, width: 100, height: 50 });
    added.drawText(`number ${page}`, { x: 10, y: 80, size: 10, font });
  }
  return document.save({ useObjectStreams: false });
}

/** An image that cannot be compressed, so that a copy of it shows in the size of a file. */
function noisePng(): Uint8Array {
  const png = new PNG({ width: 120, height: 120 });
  let state = 1;
  for (let at = 0; at < png.data.length; at++) {
    state = (state * 1_103_515_245 + 12_345) >>> 0;
    png.data[at] = at % 4 === 3 ? 255 : state >>> 24;
  }
  return PNG.sync.write(png);
}

/** A page of two layers, 5 that paints the left half black and 6 the right half. @param settings which of them are shown */
async function layered(settings: string): Promise<Uint8Array> {
  const contents = '/OC /A BDC 0 0 50 100 re f EMC /OC /B BDC 50 0 50 100 re f EMC';
  return writePdf([
    `<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [5 0 R 6 0 R] /D << ${settings} >> >> >>`,
    '<< /Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 100 100] >>',
    '<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Properties << /A 5 0 R /B 6 0 R >> >> >>',
    `<< /Length ${contents.length} >>\nstream\n${contents}\nendstream`,
    '<< /Type /OCG /Name (left) >>',
    '<< /Type /OCG /Name (right) >>',
  ]);
}

/** Which halves of square pages are black; as one word if all of them are alike. */
async function blackHalvesOf(bytes: Uint8Array): Promise<string> {
  const library = await PdfiumLibrary.load(536_870_912);
  const document = library.open(new MemoryBlocks(bytes));
  const kinds = new Set<string>();
  for (let page = 0; page < document.pageCount; page++) {
    const { width, height, pixels } = document.render(page, 100);
    if (width !== height) continue;
    const isBlack = (x: number) => pixels[4 * (Math.floor(height / 2) * width + x)] === 0;
    kinds.add([isBlack(25) ? 'left' : '', isBlack(75) ? 'right' : ''].filter(Boolean).join(' and '));
  }
  document.close();
  return [...kinds].join(', ');
}

async function textsOf(bytes: Uint8Array): Promise<string[]> {
  const library = await PdfiumLibrary.load(536_870_912);
  const document = library.open(new MemoryBlocks(bytes));
  const texts = Array.from(
    { length: document.pageCount },
    (_, page) => document.useText(page, (units) => String.fromCharCode(...units)) ?? '',
  );
  document.close();
  return texts;
}

async function viewsOf(bytes: Uint8Array, numbers: readonly number[]): Promise<Uint8Array[]> {
  return Promise.all(numbers.map((number) => generatePageView(new MemoryByteSource(bytes), number - 1)));
}

describe('pages cut out of a document', () => {
  it('are joined from their views in the order asked for, and what they share comes once', async () => {
    const whole = await illustrated();
    const views = await viewsOf(whole, [3, 4, 5, 9]);
    const joined = await joinViews(views, nothing);
    expect(await textsOf(joined)).toEqual(['number 3', 'number 4', 'number 5', 'number 9']);
    expect((await PDFDocument.load(joined)).getPages().map((page) => page.getHeight())).toEqual([103, 104, 105, 109]);
    const sizes = views.map(({ length }) => length);
    expect(joined.length).toBeLessThan(Math.max(...sizes) * 1.2);
    expect(joined.length).toBeLessThan(sizes.reduce((sum, size) => sum + size) / 2);
  });

  it('keep an object whose number is that of the cross-reference stream in the view of another page', async () => {
    const content = (text: string) => `<< /Length ${text.length} >>\nstream\n${text}\nendstream`;
    const objects = [
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] /MediaBox [0 0 200 200] /Resources << /Font << /F 5 0 R >> >> >>',
      '<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>',
      '<< /Type /Page /Parent 2 0 R /Contents 7 0 R >>',
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
      content('BT /F 10 Tf 9 9 Td (first) Tj ET'),
      content('BT /F 10 Tf 9 9 Td (second) Tj ET'),
    ];
    const joined = await joinViews(await viewsOf(writePdf(objects), [1, 2]), nothing);
    expect(await textsOf(joined)).toEqual(['first', 'second']);
  });

  it('keep what they inherited from the nodes above them', async () => {
    const pages = ['3 0 R', '4 0 R'];
    const objects = [
      '<< /Type /Catalog /Pages 2 0 R >>',
      `<< /Type /Pages /Count 2 /Kids [${pages.join(' ')}] /MediaBox [0 0 300 500] /Rotate 90 >>`,
      '<< /Type /Page /Parent 2 0 R >>',
      '<< /Type /Page /Parent 2 0 R /Rotate 0 >>',
    ];
    const joined = await joinViews(await viewsOf(writePdf(objects), [1, 2]), nothing);
    const found = (await PDFDocument.load(joined)).getPages();
    expect(found.map((page) => [page.getWidth(), page.getHeight(), page.getRotation().angle])).toEqual([
      [300, 500, 90],
      [300, 500, 0],
    ]);
  });

  it('of an encrypted document can be read without a password', async () => {
    const document = await PDFDocument.load(await illustrated());
    document.encrypt({ userPassword: '', ownerPassword: 'owner' });
    const encrypted = await document.save({ useObjectStreams: false });
    expect(await textsOf(await joinViews(await viewsOf(encrypted, [2, 12]), nothing))).toEqual(['number 2', 'number 12']);
  });

  it('can come from the whole document', async () => {
    expect(await textsOf(await copyPages(await illustrated(), [12, 1], nothing))).toEqual(['number 12', 'number 1']);
    await expect(copyPages(await illustrated(), [13], nothing)).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
  });

  it('of different documents follow each other, whatever numbers their objects have', async () => {
    const [some, others] = [
      await joinViews(await viewsOf(await illustrated(), [7, 8]), nothing),
      writePdf([
        '<< /Type /Catalog /Pages 2 0 R >>',
        '<< /Type /Pages /Count 1 /Kids [3 0 R] /MediaBox [0 0 50 70] >>',
        '<< /Type /Page /Parent 2 0 R >>',
      ]),
    ];
    const { bytes, pages } = await joinDocuments([some, others, some], nothing);
    expect(pages).toBe(5);
    expect(await textsOf(bytes)).toEqual(['number 7', 'number 8', '', 'number 7', 'number 8']);
    expect((await PDFDocument.load(bytes)).getPage(2).getSize()).toEqual({ width: 50, height: 70 });
    await expect(joinDocuments([some, Buffer.from('no PDF')], nothing)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
  });

  it('show the layers that they show in their documents, and hide the others', async () => {
    const [shown, hidden] = [await layered('/OFF [6 0 R]'), await layered('/BaseState /OFF /ON [5 0 R]')];
    for (const [what, pages] of Object.entries({
      'joined from views': await joinViews(await viewsOf(shown, [1, 1]), nothing),
      'from the whole document': await copyPages(hidden, [1], nothing),
      'of several documents': (await joinDocuments([shown, hidden, shown], nothing)).bytes,
      'of several documents, the other first': (await joinDocuments([hidden, shown], nothing)).bytes,
      'of a document without layers too': (await joinDocuments([await illustrated(), shown], nothing)).bytes,
    }))
      expect([what, await blackHalvesOf(pages)]).toEqual([what, 'left']);
  });

  it('cannot come from what pdf-lib does not understand', async () => {
    await expect(copyPages(Buffer.from('%PDF-1.4 nothing'), [1], nothing)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
  });
});

function writePdf(objects: readonly string[]): Uint8Array {
  let text = '%PDF-1.4\n';
  const offsets = objects.map((body, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const rows = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const trailer = `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}${trailer}`, 'latin1');
}
