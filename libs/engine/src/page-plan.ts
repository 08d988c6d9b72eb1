import { type IndexRange, toIndexRanges } from '@pageswarm/primitives';

/**
 * Splits `total` things by shares: whole numbers that add up to `total`, by largest remainder; equal remainders go to the better rank.
 * Shares need not add up to 1.
 */
export function apportion(total: number, shares: readonly number[]): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  if (shares.length === 0 || sum <= 0) return shares.map(() => 0);
  const exact = shares.map((share) => (share / sum) * total);
  const counts = exact.map(Math.floor);
  const left = total - counts.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((value, rank) => ({ rank, remainder: value - Math.floor(value) }))
    // Sums of floating point shares differ in the last digits: remainders that are equal on paper have to stay equal here.
    .sort((a, b) => (Math.abs(a.remainder - b.remainder) > 1e-9 ? b.remainder - a.remainder : a.rank - b.rank));
  for (const { rank } of byRemainder.slice(0, left)) counts[rank] = (counts[rank] as number) + 1;
  return counts;
}

/**
 * The opening plan: one run of pages per host in rank order, every page exactly once. A host without a page gets a run of count 0.
 * @returns runs of page numbers from 1
 */
export function planPages(pageCount: number, shares: readonly number[]): IndexRange[] {
  let first = 1;
  return apportion(pageCount, shares).map((count) => {
    const run: IndexRange = [first, count];
    first += count;
    return run;
  });
}

/** The same plan over pages that need not be neighbours, as when some are there already. @returns per host its pages, in order */
export function planPageList(pages: readonly number[], shares: readonly number[]): number[][] {
  return planPages(pages.length, shares).map(([first, count]) => pages.slice(first - 1, first - 1 + count));
}

/** Pages counted from 0 as runs of page numbers from 1. */
export function pageNumberRanges(pages: Iterable<number>): IndexRange[] {
  return toIndexRanges(pages).map(([first, count]) => [first + 1, count]);
}
