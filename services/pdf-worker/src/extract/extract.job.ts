import type { PageMap } from '@pageswarm/page-map';
import { countOf, indexesOf, PageSwarmError, parsePageRanges } from '@pageswarm/primitives';
import { MemoryBlocks } from '../pdfium/memory-blocks.ts';
import { loadPdfium, type PdfiumLibrary } from '../pdfium/pdfium-library.ts';
import type { JobAnswer, JobSurroundings } from '../pool/job-runner.ts';
import type { PipedDocument } from '../pool/piped-document.ts';
import type { ExtractParams, ExtractValue } from './extract-job.ts';
import { pageViewOf, readMap } from './page-view.ts';
import { cutFromWhole } from './whole-document.ts';

/** The most pages that are cut out at once. */
export const MAX_EXTRACT_PAGES = 1_000;
/** The highest page number that is looked for. */
const MAX_PAGE_NUMBER = 100_000;

/**
 * Cuts pages out as a PDF of their own. One page is its generated view; several are joined from their views, so that only
 * the bytes of those pages are read.
 */
export async function runExtractJob({ pages, map }: ExtractParams, surroundings: JobSurroundings): Promise<JobAnswer<ExtractValue>> {
  const { document, memoryBytes } = surroundings;
  const library = await loadPdfium(memoryBytes);
  const numbers = pageNumbers(pages, library, document);
  const output = await cut(numbers, readMap(map, document), surroundings);
  const opened = library.open(new MemoryBlocks(output));
  const found = opened.pageCount;
  opened.close();
  if (found !== numbers.length)
    throw new PageSwarmError('PDF_UNREADABLE', `Cutting ${numbers.length} pages out of this PDF gave a file of ${found}`);
  return { value: { pages: found }, output };
}

/** Only a range without an end needs the number of pages; a page that does not exist is noticed when it is cut. */
function pageNumbers(pages: string, library: PdfiumLibrary, document: PipedDocument): number[] {
  const isOpen = /-\s*(,|$)/.test(pages);
  const ranges = parsePageRanges(pages, isOpen ? countPages(library, document) : MAX_PAGE_NUMBER);
  if (countOf(ranges) > MAX_EXTRACT_PAGES)
    throw new PageSwarmError('INVALID_PAGES', `At most ${MAX_EXTRACT_PAGES} pages are cut out at once`);
  return [...indexesOf(ranges)];
}

function countPages(library: PdfiumLibrary, document: PipedDocument): number {
  const opened = library.open(document);
  const count = opened.pageCount;
  opened.close();
  document.demandAllReadsServed();
  return count;
}

async function cut(numbers: readonly number[], map: PageMap | undefined, { document, progress }: JobSurroundings): Promise<Uint8Array> {
  const views: Uint8Array[] = [];
  for (const number of numbers) {
    const view = await pageViewOf(document, number, map);
    if (!view) return cutFromWhole(numbers, document, progress);
    views.push(view);
    progress();
  }
  if (views.length === 1) return views[0] as Uint8Array;
  // pdf-lib is loaded by those who need it: it takes longer to load than a page to cut.
  const { joinViews } = await import('./join-pages.ts');
  return joinViews(views, progress);
}
