import { type IndexRange, indexesOf, PageSwarmError, parsePageRanges } from '@pageswarm/primitives';
import type { LocalDocument } from '../library/local-document.ts';

/** Why a page cannot be shown. */
export const PAGE_PROBLEMS = [
  'DOCUMENT_NOT_FOUND',
  'INVALID_PAGES',
  'PAGE_NOT_AVAILABLE',
  'PDF_UNREADABLE',
  'PDF_PASSWORD',
  'PDF_TIMEOUT',
  'WORKER_UNAVAILABLE',
  'WORKER_BUSY',
] as const;

/** Page numbers in what somebody wrote, for example "1,3-7". @throws PageSwarmError INVALID_PAGES, WORKER_UNAVAILABLE */
export function pagesIn({ record: { inspection }, pageMap }: LocalDocument, pages: string): number[] {
  // Before a worker has counted them nobody knows which pages there are, so that none can be called outside.
  if (inspection.pages === null && !pageMap.mapped && inspection.error?.code === 'WORKER_UNAVAILABLE') {
    parsePageRanges(pages, Number.MAX_SAFE_INTEGER);
    throw new PageSwarmError('WORKER_UNAVAILABLE', inspection.error.detail);
  }
  return [...indexesOf(parsePageRanges(pages, inspection.pages ?? pageMap.pageCount))];
}

/** The pieces that these pages need; of a document without a page map, all. */
export function piecesOf({ pageMap, have }: LocalDocument, pages: readonly number[]): IndexRange[] {
  if (!pageMap.mapped) return [[0, have.size]];
  return [...pageMap.structure, ...pages.flatMap((page) => pageMap.closures[page - 1] ?? [])];
}

/** Pages after the ones that are read, and before them, which are fetched next. */
const PAGES_AHEAD = 2;
const PAGES_BACK = 1;

/** The pieces that the neighbours of these pages need; none for a document without a page map. */
export function piecesAround(document: LocalDocument, pages: readonly number[]): IndexRange[] {
  const { pageMap } = document;
  if (!pageMap.mapped || pages.length === 0) return [];
  const [first, last] = [Math.min(...pages), Math.max(...pages)];
  const around: number[] = [];
  for (let page = last + 1; page <= Math.min(last + PAGES_AHEAD, pageMap.pageCount); page++) around.push(page);
  for (let page = first - 1; page >= Math.max(first - PAGES_BACK, 1); page--) around.push(page);
  return piecesOf(document, around);
}
