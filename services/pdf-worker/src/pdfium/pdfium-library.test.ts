import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { SeededRandom } from '@pageswarm/primitives';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { countWords } from '../inspect/count-words.ts';
import type { BlockSource } from './block-source.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { PDFIUM_EXTRACTOR, PdfiumLibrary } from './pdfium-library.ts';

const MEBIBYTE = 1_048_576;

/** A document whose pages say the given texts. */
async function samplePdf(texts: readonly string[], password?: string): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  document.setTitle('Física — 物理');
  document.setAuthor('A. Nonymous');
  for (const text of texts) document.addPage([300, 400]).drawText(text, { x: 20, y: 300, size: 12, font });
  if (password !== undefined) document.encrypt({ userPassword: password, ownerPassword: 'owner' });
  return document.save({ useObjectStreams: false });
}

describe('PDFium', () => {
  let library: PdfiumLibrary;

  beforeAll(async () => {
    library = await PdfiumLibrary.load(512 * MEBIBYTE);
  });

  it('is the version that is written beside the words', () => {
    const wasm = createRequire(import.meta.url).resolve('@hyzyla/pdfium/pdfium.wasm');
    const { version } = JSON.parse(readFileSync(new URL('../package.json', `file://${wasm}`), 'utf8'));
    expect(PDFIUM_EXTRACTOR).toBe(`@hyzyla/pdfium ${version}`);
  });

  it('reads pages, words, title and author', async () => {
    const document = library.open(new MemoryBlocks(await samplePdf(['one two three', 'four five', ''])));
    expect(document.pageCount).toBe(3);
    expect([0, 1, 2].map((page) => document.useText(page, countWords))).toEqual([3, 2, 0]);
    expect([document.metaText('Title'), document.metaText('Author')]).toEqual(['Física — 物理', 'A. Nonymous']);
    expect(document.encrypted).toBe(false);
    document.close();
  });

  it('reads what it needs of a document, by range', async () => {
    const random = new SeededRandom(1);
    const noise = () => Array.from({ length: 200 }, () => random.next().toString(36)).join(' ');
    const bytes = await samplePdf(Array.from({ length: 100 }, noise));
    const blocks = new MemoryBlocks(bytes);
    let read = 0;
    const document = library.open({
      size: bytes.length,
      readInto: (offset, target) => {
        read += target.length;
        blocks.readInto(offset, target);
      },
    });
    expect(document.useText(50, countWords)).toBe(200);
    expect(read).toBeLessThan(bytes.length / 2);
    document.close();
  });

  it('draws a page on white', async () => {
    const document = library.open(new MemoryBlocks(await samplePdf(['X'])));
    const { width, height, pixels } = document.render(0, 150);
    expect([width, height, pixels.length]).toEqual([150, 200, 150 * 200 * 4]);
    expect([...pixels.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    expect(pixels.some((value) => value < 128)).toBe(true);
    expect(() => document.render(1, 150)).toThrow(expect.objectContaining({ code: 'PAGE_NOT_FOUND' }));
    document.close();
  });

  it('says that a password is needed', async () => {
    const bytes = await samplePdf(['secret'], 'open sesame');
    expect(() => library.open(new MemoryBlocks(bytes))).toThrow(expect.objectContaining({ code: 'PDF_PASSWORD' }));
  });

  it('opens what is encrypted with the empty password', async () => {
    const document = library.open(new MemoryBlocks(await samplePdf(['open to all'], '')));
    expect([document.encrypted, document.useText(0, countWords)]).toEqual([true, 3]);
    document.close();
  });

  it.each([
    ['no PDF at all', Buffer.from('hello')],
    ['nothing', Buffer.alloc(0)],
  ])('cannot open %s', (_name, bytes) => {
    expect(() => library.open(new MemoryBlocks(bytes))).toThrow(expect.objectContaining({ code: 'PDF_UNREADABLE' }));
  });

  it('takes bytes that cannot be had for a damaged file, and lives', async () => {
    const gone: BlockSource = {
      size: 1_000,
      readInto: () => {
        throw new Error('gone');
      },
    };
    expect(() => library.open(gone)).toThrow(expect.objectContaining({ code: 'PDF_UNREADABLE' }));
    expect(library.dead).toBe(false);
  });

  it('closes what it opens: a hundred documents leave the heap as one left it', async () => {
    const bytes = await samplePdf(Array.from({ length: 20 }, (_, page) => `page ${page} `.repeat(20)));
    const round = () => {
      const document = library.open(new MemoryBlocks(bytes));
      for (let page = 0; page < 20; page++) document.useText(page, countWords);
      document.render(0, 300);
      document.close();
    };
    for (let time = 0; time < 5; time++) round();
    const before = library.heapBytes;
    for (let time = 0; time < 100; time++) round();
    expect(library.heapBytes).toBe(before);
  });

  it('gets no more heap than its share, and says so', async () => {
    const small = await PdfiumLibrary.load(40 * MEBIBYTE);
    const document = small.open(new MemoryBlocks(await samplePdf(['X'])));
    expect(() => document.render(0, 4_000)).toThrow();
    expect(small.memoryRefused).toBe(true);
  });

  it('looks at no more than its limits of a document, a page, a title', async () => {
    const bytes = await samplePdf(['one two three four']);
    const title = Buffer.byteLength('Física — 物理', 'utf16le') + 2;
    const limited = async (limits: Parameters<typeof PdfiumLibrary.load>[1]) => {
      const document = (await PdfiumLibrary.load(512 * MEBIBYTE, limits)).open(new MemoryBlocks(bytes));
      return [document.useText(0, countWords), document.metaText('Title')];
    };
    expect(await limited({ maxDocumentBytes: bytes.length, maxPageCharacters: 18, maxMetaTextBytes: title })).toEqual([4, 'Física — 物理']);
    await expect(limited({ maxDocumentBytes: bytes.length - 1 })).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
    expect(await limited({ maxPageCharacters: 9 })).toEqual([3, 'Física — 物理']);
    expect(await limited({ maxMetaTextBytes: title - 1 })).toEqual([4, null]);
  });
});
