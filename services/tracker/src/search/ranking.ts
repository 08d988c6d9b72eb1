import { PageSwarmError } from '@pageswarm/primitives';

/** Where a document stands in an answer; smaller comes first in every field but `hosts`. */
export interface Rank {
  readonly tier: number;
  readonly hosts: number;
  /** The beginning of the folded name. */
  readonly name: string;
  readonly id: string;
}

/** How much of a name takes part in the order and in a cursor, in characters. */
export const MAX_RANKED_NAME_LENGTH = 40;

/** Documents without hosts last, then the better fit, then more hosts, then the name; the id makes the order total. */
export function compareRanks(a: Rank, b: Rank): number {
  return (
    Number(a.hosts === 0) - Number(b.hosts === 0) ||
    a.tier - b.tier ||
    b.hosts - a.hosts ||
    compareTexts(a.name, b.name) ||
    compareTexts(a.id, b.id)
  );
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The first `limit` items in the order of `compare`, without sorting the rest.
 * A heap whose root is the worst of the kept ones makes it one comparison for most candidates.
 */
export function firstInOrder<T>(candidates: Iterable<T>, limit: number, compare: (a: T, b: T) => number): T[] {
  const heap: T[] = [];
  for (const item of candidates) {
    if (heap.length < limit) {
      heap.push(item);
      if (heap.length === limit) for (let i = (limit >> 1) - 1; i >= 0; i--) sink(heap, i, compare);
    } else if (compare(item, heap[0] as T) < 0) {
      heap[0] = item;
      sink(heap, 0, compare);
    }
  }
  return heap.sort(compare);
}

function sink<T>(heap: T[], from: number, compare: (a: T, b: T) => number): void {
  for (let at = from; ; ) {
    let worst = at;
    for (const child of [2 * at + 1, 2 * at + 2]) if (child < heap.length && compare(heap[child] as T, heap[worst] as T) > 0) worst = child;
    if (worst === at) return;
    [heap[at], heap[worst]] = [heap[worst] as T, heap[at] as T];
    at = worst;
  }
}

/** A place in a list as text that callers hand back unread: the sort key of the last item that they have. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key of a cursor, which has the types of `shape`.
 * @throws PageSwarmError INVALID_REQUEST for text that is no cursor of this kind of list
 */
export function decodeCursor<const Shape extends readonly ('string' | 'number')[]>(
  cursor: string,
  shape: Shape,
): { [Index in keyof Shape]: Shape[Index] extends 'string' ? string : number } {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === shape.length && shape.every((type, index) => typeof key[index] === type)) return key as never;
  } catch {
    // Falls through to the one sentence for all that is wrong with a cursor.
  }
  throw new PageSwarmError('INVALID_REQUEST', 'cursor: is not one that this list gave; begin again without it');
}
