import type { Turn } from './pace.ts';

/** Numbers that are put in order before others may get their turn. */
export const SORTED_PER_TURN = 1_024;

/** Copying is so much faster than sorting. */
const COPIED_PER_TURN = 64 * SORTED_PER_TURN;

/** How many bits of a key each pass goes by. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;
const DIGIT_MASK = DIGITS - 1;
const KEY_BITS = 64;
/** A pass goes by bits of one half of a key, so that the last pass of each half has fewer. */
const PASSES = [0, 11, 22, 32, 43, 54].map((bit) => ({ isHigh: bit >= KEY_BITS / 2, shift: bit % (KEY_BITS / 2) }));

/** What a sort goes by; neither may change for an item while it is sorted, unless the item is dropped. */
export interface SortKeys {
  /** Decides most comparisons without looking at anything else. */
  keyOf(item: number): number;
  /** Decides between items of equal keys; never 0 for two different ones. */
  compare(a: number, b: number): number;
}

/**
 * Whole numbers in order, a few thousand at a time: by the digits of their keys, and those of equal keys by merging.
 * @param items overwritten
 * @param isDropped items that may stand anywhere, asked again and again: those that change while the sort goes on
 * @param turn called after every {@link SORTED_PER_TURN} of them
 */
export async function sortInTurns(
  items: Uint32Array,
  { keyOf, compare }: SortKeys,
  isDropped: (item: number) => boolean,
  turn: Turn,
): Promise<Uint32Array> {
  const keyed = await sortByKeys(items, keyOf, turn);
  const spare = new Uint32Array(items.length);
  // An item that is dropped goes first: what it is compared by may have changed.
  const isFirst = (a: number, b: number) => isDropped(a) || (!isDropped(b) && compare(a, b) < 0);
  let next = SORTED_PER_TURN;
  for (let start = 0, end = 1; start < items.length; start = end++) {
    for (; ; end++) {
      if (end >= next) {
        next = end + SORTED_PER_TURN;
        await turn();
      }
      if (end === items.length || !isSameKey(keyed, start, end)) break;
    }
    if (end - start > 1) await mergeRun(keyed.items, spare, start, end, isFirst, turn);
  }
  return keyed.items;
}

/** Items with their keys as 64 bits each, which are in order as whole numbers if the keys are. */
interface Keyed {
  readonly items: Uint32Array;
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
}

/** From the lowest digit to the highest, each pass keeping the order of the one before. */
async function sortByKeys(items: Uint32Array, keyOf: SortKeys['keyOf'], turn: Turn): Promise<Keyed> {
  const { length } = items;
  let from = keyedOf(items);
  const counts = PASSES.map(() => new Uint32Array(DIGITS));
  for (let start = 0; start < length; start += SORTED_PER_TURN) {
    readKeys(from, keyOf, counts, start, Math.min(start + SORTED_PER_TURN, length));
    await turn();
  }
  let to: Keyed | undefined;
  for (let pass = 0; pass < PASSES.length; pass++) {
    const starts = counts[pass] as Uint32Array;
    if (length === 0 || starts[digitOf(from, 0, pass)] === length) continue;
    sumUp(starts);
    to ??= keyedOf(new Uint32Array(length));
    for (let start = 0; start < length; start += SORTED_PER_TURN) {
      placeKeyed(from, to, starts, pass, start, Math.min(start + SORTED_PER_TURN, length));
      await turn();
    }
    [from, to] = [to, from];
  }
  return from;
}

const double = new Float64Array(1);
const bits = new Uint32Array(double.buffer);

/** The keys of items from `start` to `end`, and how often each digit occurs. */
function readKeys(keyed: Keyed, keyOf: SortKeys['keyOf'], counts: readonly Uint32Array[], start: number, end: number): void {
  for (let at = start; at < end; at++) {
    // Zero has one sign.
    double[0] = keyOf(keyed.items[at] as number) + 0;
    const high = bits[1] as number;
    const isNegative = high >= 0x8000_0000;
    keyed.highs[at] = isNegative ? ~high : high | 0x8000_0000;
    keyed.lows[at] = isNegative ? ~(bits[0] as number) : (bits[0] as number);
    for (let pass = 0; pass < PASSES.length; pass++) {
      const digit = digitOf(keyed, at, pass);
      const digits = counts[pass] as Uint32Array;
      digits[digit] = (digits[digit] as number) + 1;
    }
  }
}

/** Puts items from `start` to `end` where their digits say; `starts` moves along. */
function placeKeyed(from: Keyed, to: Keyed, starts: Uint32Array, pass: number, start: number, end: number): void {
  for (let at = start; at < end; at++) {
    const digit = digitOf(from, at, pass);
    const place = starts[digit] as number;
    starts[digit] = place + 1;
    to.items[place] = from.items[at] as number;
    to.highs[place] = from.highs[at] as number;
    to.lows[place] = from.lows[at] as number;
  }
}

function keyedOf(items: Uint32Array): Keyed {
  return { items, highs: new Uint32Array(items.length), lows: new Uint32Array(items.length) };
}

function digitOf({ highs, lows }: Keyed, at: number, pass: number): number {
  const { isHigh, shift } = PASSES[pass] as (typeof PASSES)[number];
  return (((isHigh ? highs[at] : lows[at]) as number) >>> shift) & DIGIT_MASK;
}

/** Each number becomes the sum of those before it. */
function sumUp(counts: Uint32Array): void {
  let sum = 0;
  for (let n = 0; n < counts.length; n++) {
    const count = counts[n] as number;
    counts[n] = sum;
    sum += count;
  }
}

function isSameKey({ highs, lows }: Keyed, a: number, b: number): boolean {
  return highs[a] === highs[b] && lows[a] === lows[b];
}

/** Items from `start` to `end` in order, by merging runs of one, two, four and so on. */
async function mergeRun(
  items: Uint32Array,
  spare: Uint32Array,
  start: number,
  end: number,
  isFirst: (a: number, b: number) => boolean,
  turn: Turn,
): Promise<void> {
  let [from, to] = [items, spare];
  let sinceTurn = 0;
  for (let width = 1; width < end - start; width *= 2) {
    let written = start;
    for (let low = start; low < end; low += 2 * width) {
      const middle = Math.min(low + width, end);
      const high = Math.min(low + 2 * width, end);
      let a = low;
      let b = middle;
      while (a < middle || b < high) {
        const isA = b === high || (a < middle && isFirst(from[a] as number, from[b] as number));
        to[written++] = from[isA ? a++ : b++] as number;
        if (++sinceTurn < SORTED_PER_TURN) continue;
        sinceTurn = 0;
        await turn();
      }
    }
    [from, to] = [to, from];
  }
  if (from === items) return;
  for (let at = start; at < end; at += COPIED_PER_TURN) {
    items.set(from.subarray(at, Math.min(at + COPIED_PER_TURN, end)), at);
    await turn();
  }
}
