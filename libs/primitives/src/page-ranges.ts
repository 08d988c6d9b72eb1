import { PageSwarmError } from './errors.ts';
import { type IndexRange, mergeIndexRanges } from './index-ranges.ts';

/** The most characters that a page range may be written with. */
export const MAX_PAGE_RANGES_LENGTH = 4_096;

/**
 * Reads pages as people write them: `"3"`, `"3-7"`, `"1,3-7"`, `"5-"`; numbers from 1.
 * @returns page numbers as runs, in order, without repeats
 * @throws PageSwarmError INVALID_PAGES if it cannot be read or goes beyond `pageCount`
 */
export function parsePageRanges(text: string, pageCount: number): IndexRange[] {
  if (text.length > MAX_PAGE_RANGES_LENGTH)
    throw new PageSwarmError('INVALID_PAGES', `A page range has at most ${MAX_PAGE_RANGES_LENGTH} characters`);
  const runs: IndexRange[] = text.split(',').map((part) => {
    const match = /^\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?$/.exec(part);
    if (!match) throw new PageSwarmError('INVALID_PAGES', `"${part.slice(0, 40)}" is not a page or a range of pages`);
    const first = Number(match[1]);
    const last = match[3] ? Number(match[3]) : match[2] ? pageCount : first;
    if (first < 1 || last < first || last > pageCount)
      throw new PageSwarmError('INVALID_PAGES', `"${part.trim()}" is outside pages 1 to ${pageCount}`);
    return [first, last - first + 1];
  });
  return mergeIndexRanges(runs);
}

/** Writes runs of page numbers as people read them: `[[1, 1], [3, 5]]` is `"1,3-7"`. */
export function formatPageRanges(ranges: Iterable<IndexRange>): string {
  return [...ranges].map(([first, count]) => (count === 1 ? String(first) : `${first}-${first + count - 1}`)).join(',');
}
