import type { IndexRange } from '@pageswarm/primitives';

/** The points where a set of indexes begins and ends, in order: `[[2, 3]]` is `[2, 5]`. */
export function boundariesOf(ranges: readonly IndexRange[]): number[] {
  const boundaries: number[] = [];
  for (const [first, count] of ranges) boundaries.push(first, first + count);
  return boundaries;
}

/** The inverse of {@link boundariesOf}. */
export function rangesOf(boundaries: readonly number[]): IndexRange[] {
  const ranges: IndexRange[] = [];
  for (let at = 0; at + 1 < boundaries.length; at += 2) {
    const first = boundaries[at] as number;
    ranges.push([first, (boundaries[at + 1] as number) - first]);
  }
  return ranges;
}

/** The indexes that are in one of two sets but not in both: boundaries that both have cancel out. */
export function symmetricDifference(left: readonly number[], right: readonly number[]): number[] {
  const result: number[] = [];
  let a = 0;
  let b = 0;
  while (a < left.length || b < right.length) {
    const x = left[a] ?? Number.POSITIVE_INFINITY;
    const y = right[b] ?? Number.POSITIVE_INFINITY;
    if (x === y) {
      a++;
      b++;
    } else if (x < y) {
      result.push(x);
      a++;
    } else {
      result.push(y);
      b++;
    }
  }
  return result;
}

/** `ranges` without `removed`; both are in order and without overlap. */
export function withoutRanges(ranges: readonly IndexRange[], removed: readonly IndexRange[]): IndexRange[] {
  const left: IndexRange[] = [];
  let at = 0;
  for (const [first, count] of ranges) {
    const end = first + count;
    let from = first;
    while (at < removed.length && (removed[at] as IndexRange)[0] + (removed[at] as IndexRange)[1] <= from) at++;
    for (let index = at; index < removed.length && (removed[index] as IndexRange)[0] < end; index++) {
      const [start, length] = removed[index] as IndexRange;
      if (start > from) left.push([from, start - from]);
      from = Math.max(from, start + length);
    }
    if (from < end) left.push([from, end - from]);
  }
  return left;
}

/** The same indexes and more, in at most `maxRanges` runs: the smallest gaps are filled. */
export function coarsened(ranges: readonly IndexRange[], maxRanges: number): readonly IndexRange[] {
  if (ranges.length <= maxRanges) return ranges;
  const gapBefore = (index: number): number => {
    const [first, count] = ranges[index - 1] as IndexRange;
    return (ranges[index] as IndexRange)[0] - first - count;
  };
  const byGap = Array.from(ranges.keys())
    .slice(1)
    .sort((a, b) => gapBefore(b) - gapBefore(a));
  const cuts = byGap.slice(0, maxRanges - 1).sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => {
    const [first] = ranges[from] as IndexRange;
    const [lastFirst, lastCount] = ranges[(cuts[index] ?? ranges.length) - 1] as IndexRange;
    return [first, lastFirst + lastCount - first];
  });
}
