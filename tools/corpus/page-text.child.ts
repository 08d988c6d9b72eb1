// A process that PDFium reads page texts in: a PDF that hangs or crashes it takes nothing else along.
import { readFile } from 'node:fs/promises';
import { PDFiumLibrary } from '@hyzyla/pdfium';

/** What the parent asks: the text of page `index` (from 0) of a file, or of bytes. */
export interface TextQuestion {
  readonly pdf: string | Uint8Array;
  readonly index: number;
}

/** Null where PDFium cannot read the page. */
export interface TextAnswer {
  readonly text: string | null;
}

const library = await PDFiumLibrary.init();
process.once('disconnect', () => process.exit(0));
process.on('message', (question: TextQuestion) => void answer(question));
process.send?.('ready');

async function answer({ pdf, index }: TextQuestion): Promise<void> {
  let text: string | null = null;
  try {
    const document = await library.loadDocument(typeof pdf === 'string' ? await readFile(pdf) : pdf);
    if (index < document.getPageCount()) text = document.getPage(index).getText();
    document.destroy();
  } catch {
    text = null;
  }
  process.send?.({ text } satisfies TextAnswer);
}
