/** Numbers that are put in order before others get their turn. */
export const SORTED_PER_TURN = 4_096;

/** What a sort goes by; neither may change for an item while it is sorted, unless the item is dropped. */
export interface SortKeys {
  /** Decides most comparisons without looking at anything else. */
  keyOf(item: number): number;
  /** Decides between items of equal keys; never 0 for two different ones. */
  compare(a: number, b: number): number;
}

/**
 * Whole numbers in order, by merging, a few thousand at a time.
 * @param items overwritten
 * @param isDropped items to leave out, asked again and again: those that change while the sort goes on. Some of them may
 *   still be in what it resolves with
 * @param turn called after every {@link SORTED_PER_TURN} of them
 */
export async function sortInTurns(
  items: Uint32Array,
  { keyOf, compare }: SortKeys,
  isDropped: (item: number) => boolean,
  turn: () => Promise<unknown>,
): Promise<Uint32Array> {
  const { length } = items;
  let from: Runs = { items, keys: new Float64Array(length), ends: new Uint32Array(length), count: length };
  for (let at = 0; at < length; at++) {
    from.keys[at] = keyOf(items[at] as number);
    from.ends[at] = at + 1;
    if ((at + 1) % SORTED_PER_TURN === 0) await turn();
  }
  let to: Runs = { items: new Uint32Array(length), keys: new Float64Array(length), ends: new Uint32Array(length), count: 0 };
  let sinceTurn = 0;
  while (from.count > 1) {
    to.count = 0;
    let written = 0;
    for (let run = 0; run < from.count; run += 2) {
      let a = run === 0 ? 0 : (from.ends[run - 1] as number);
      const endA = from.ends[run] as number;
      let b = endA;
      const endB = run + 1 < from.count ? (from.ends[run + 1] as number) : endA;
      while (a < endA || b < endB) {
        const isFirst = b === endB || (a < endA && isBefore(from, a, b, compare, isDropped));
        const at = isFirst ? a++ : b++;
        const item = from.items[at] as number;
        if (!isDropped(item)) {
          to.items[written] = item;
          to.keys[written++] = from.keys[at] as number;
        }
        if (++sinceTurn < SORTED_PER_TURN) continue;
        sinceTurn = 0;
        await turn();
      }
      to.ends[to.count++] = written;
    }
    [from, to] = [to, from];
  }
  return from.items.subarray(0, from.ends[0]);
}

/** Runs of items that are in order, each known by its end. */
interface Runs {
  readonly items: Uint32Array;
  readonly keys: Float64Array;
  readonly ends: Uint32Array;
  count: number;
}

/** An item that is dropped goes first, and out: what it is compared by may have changed. */
function isBefore(
  { items, keys }: Runs,
  a: number,
  b: number,
  compare: SortKeys['compare'],
  isDropped: (item: number) => boolean,
): boolean {
  const difference = (keys[a] as number) - (keys[b] as number);
  if (difference !== 0) return difference < 0;
  const [one, other] = [items[a] as number, items[b] as number];
  return isDropped(one) || (!isDropped(other) && compare(one, other) < 0);
}
