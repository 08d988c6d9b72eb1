// A process that PDFium reads and draws pages in: a PDF that hangs or crashes it takes nothing else along.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type PDFiumDocument, PDFiumLibrary } from '@hyzyla/pdfium';

/** Width of the pictures that are compared, in pixels. */
const WIDTH_PX = 150;
/** The most pixels of a picture; a page of stranger proportions is not drawn. */
const MAX_PIXELS = 3_000_000;

/** What the parent asks: how page `index` (from 0) of a file, or of bytes, looks. */
export interface LookQuestion {
  readonly pdf: string | Uint8Array;
  readonly index: number;
}

export interface PageLook {
  readonly text: string;
  /** Width, height and hash of the picture; its size alone where the page cannot be drawn. */
  readonly picture: string;
}

/** Null where PDFium cannot read the page. */
export interface LookAnswer {
  readonly look: PageLook | null;
}

const library = await PDFiumLibrary.init();
process.once('disconnect', () => process.exit(0));
process.on('message', (question: LookQuestion) => void answer(question));
process.send?.('ready');

async function answer({ pdf, index }: LookQuestion): Promise<void> {
  let look: PageLook | null = null;
  try {
    const document = await library.loadDocument(typeof pdf === 'string' ? await readFile(pdf) : pdf);
    if (index < document.getPageCount()) look = { text: textOf(document, index), picture: await pictureOf(document, index) };
    document.destroy();
  } catch {
    look = null;
  }
  process.send?.({ look } satisfies LookAnswer);
}

function textOf(document: PDFiumDocument, index: number): string {
  const page = document.getPage(index);
  const text = page.getText();
  // The library never closes a page whose text was read, and the memory of it is never given back.
  const { module, pageIdx } = page as unknown as { module: { _FPDF_ClosePage(page: number): void }; pageIdx: number };
  module._FPDF_ClosePage(pageIdx);
  return text;
}

async function pictureOf(document: PDFiumDocument, index: number): Promise<string> {
  const page = document.getPage(index);
  const { originalWidth, originalHeight } = page.getOriginalSize();
  const size = `${originalWidth} x ${originalHeight} pt`;
  const scale = WIDTH_PX / originalWidth;
  if (!(originalWidth > 0 && originalHeight * scale >= 1 && WIDTH_PX * originalHeight * scale <= MAX_PIXELS)) return size;
  const { data } = await page.render({ scale, render: 'bitmap' });
  return `${size}, ${createHash('sha256').update(data).digest('hex')}`;
}
