import { PageTextsWriter } from '@pageswarm/contracts';
import { PageSwarmError } from '@pageswarm/primitives';
import type { BlockSource } from '../pdfium/block-source.ts';
import type { PageSize, PdfiumDocument } from '../pdfium/pdfium-document.ts';
import { loadPdfium, PDFIUM_EXTRACTOR, type PdfiumLibrary } from '../pdfium/pdfium-library.ts';
import type { JobAnswer, JobSurroundings } from '../pool/job-runner.ts';
import { countWords } from './count-words.ts';
import { readPageLabels } from './page-labels.ts';
import { PageSizeRuns } from './page-size-runs.ts';
import type { TextParams, TextValue } from './text-job.ts';

/**
 * PDFium keeps every object that it has read until the document is closed: after this many bytes it is closed and opened
 * again, so that a scanned book of a gigabyte passes through a small heap.
 */
export const REOPEN_AFTER_BYTES = 50_331_648;
/** How many pages are read between two signs of progress, unless a page was slow. */
const PAGES_PER_PROGRESS = 32;
/** A page that took longer than this is worth a sign of progress by itself, in milliseconds. */
const SLOW_PAGE_MS = 50;

/**
 * Counts the pages and the words of each page, keeps their texts and sizes, and reads title and author; at last the outline and
 * the page labels, which may end the process without harm to the rest.
 */
export async function runTextJob({ maxPages }: TextParams, surroundings: JobSurroundings): Promise<JobAnswer<TextValue>> {
  const { document: source, memoryBytes, progress, keep } = surroundings;
  const library = await loadPdfium(memoryBytes);
  const counted = new CountedSource(source);
  let document = library.open(counted);
  const pages = document.pageCount;
  if (pages < 1) throw new PageSwarmError('PDF_UNREADABLE', 'PDFium finds no page in this PDF');
  if (pages > maxPages) throw new PageSwarmError('PDF_UNREADABLE', `This PDF says that it has ${pages} pages, more than ${maxPages}`);
  const facts = { title: document.metaText('Title'), author: document.metaText('Author'), encrypted: document.encrypted };
  const words: number[] = [];
  const [texts, sizes] = [new PageTextsWriter(), new PageSizeRuns()];
  let lastProgress = performance.now();
  for (let index = 0; index < pages; index++) {
    if (counted.bytes > REOPEN_AFTER_BYTES) document = reopen(library, document, counted);
    const { count, text, size } = document.useText(index, readPage) ?? UNREADABLE_PAGE;
    words.push(count);
    texts.add(text);
    sizes.add(size);
    source.demandAllReadsServed();
    if (index % PAGES_PER_PROGRESS !== 0 && performance.now() - lastProgress < SLOW_PAGE_MS) continue;
    progress();
    lastProgress = performance.now();
  }
  const value = { pages, words, ...facts, pageSizes: sizes.finish(), outline: null, pageLabels: null, extractor: PDFIUM_EXTRACTOR };
  keep({ value, output: texts.finish() });
  const step = everySoOften(progress);
  const outline = document.outline(step);
  const pageLabels = readPageLabels(document, pages, step);
  document.close();
  return { value: { ...value, outline, pageLabels } };
}

function everySoOften(progress: () => void): () => void {
  let steps = 0;
  return () => {
    if (++steps % PAGES_PER_PROGRESS === 0) progress();
  };
}

const UNREADABLE_PAGE = { count: 0, text: '', size: { width: 0, height: 0 } };

function readPage(units: Uint16Array, size: PageSize): typeof UNREADABLE_PAGE {
  const bytes = Buffer.from(units.buffer, units.byteOffset, units.byteLength);
  return { count: countWords(units), text: bytes.toString('utf16le'), size };
}

function reopen(library: PdfiumLibrary, document: PdfiumDocument, counted: CountedSource): PdfiumDocument {
  document.close();
  counted.bytes = 0;
  return library.open(counted);
}

/** Counts what PDFium reads. */
class CountedSource implements BlockSource {
  bytes = 0;

  constructor(private readonly source: BlockSource) {}

  get size(): number {
    return this.source.size;
  }

  readInto(offset: number, target: Uint8Array): void {
    this.bytes += target.length;
    this.source.readInto(offset, target);
  }
}
