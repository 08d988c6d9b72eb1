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
