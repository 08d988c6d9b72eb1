/** A run of indexes: first and how many. Used for pieces on the wire and in the page map. */
export type IndexRange = readonly [first: number, count: number];

/** The fewest runs that hold exactly these indexes; order and repeats of the input do not matter. */
export function toIndexRanges(indexes: Iterable<number>): IndexRange[] {
  const ranges: [number, number][] = [];
  for (const index of [...new Set(indexes)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[0] + last[1] === index) last[1]++;
    else ranges.push([index, 1]);
  }
  return ranges;
}

/** The fewest runs that hold what these runs hold, however they overlap; no index is looked at, so long runs cost nothing. */
export function mergeIndexRanges(ranges: Iterable<IndexRange>): IndexRange[] {
  const merged: [number, number][] = [];
  for (const [first, count] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && first <= last[0] + last[1]) last[1] = Math.max(last[1], first + count - last[0]);
    else if (count > 0) merged.push([first, count]);
  }
  return merged;
}

export function* indexesOf(ranges: Iterable<IndexRange>): Generator<number> {
  for (const [first, count] of ranges) for (let index = first; index < first + count; index++) yield index;
}

export function countOf(ranges: Iterable<IndexRange>): number {
  let total = 0;
  for (const [, count] of ranges) total += count;
  return total;
}
