import { PageSwarmError } from '@pageswarm/primitives';

/** How well a document answers, in numbers that are read quickly. */
export interface Fit {
  readonly tier: number;
  readonly hosts: number;
}

/** Documents without hosts last, then the better fit, then more hosts; the order of names and ids decides the rest. */
export function compareFits(a: Fit, b: Fit): number {
  return Number(a.hosts === 0) - Number(b.hosts === 0) || a.tier - b.tier || b.hosts - a.hosts;
}

/** The first items in an order out of many, without sorting the rest: a heap whose root is the worst of the kept ones. */
export class FirstInOrder<T> {
  private readonly heap: T[] = [];

  constructor(
    private readonly limit: number,
    private readonly compare: (a: T, b: T) => number,
  ) {}

  /** The item that the next better one takes the place of; undefined while there is room. */
  get worst(): T | undefined {
    return this.heap.length < this.limit ? undefined : this.heap[0];
  }

  offer(item: T): void {
    const { heap, limit, compare } = this;
    if (heap.length < limit) {
      heap.push(item);
      if (heap.length === limit) for (let i = (limit >> 1) - 1; i >= 0; i--) sink(heap, i, compare);
    } else if (compare(item, heap[0] as T) < 0) {
      heap[0] = item;
      sink(heap, 0, compare);
    }
  }

  /** Those that were kept, the first first. */
  sorted(): T[] {
    return this.heap.toSorted(this.compare);
  }
}

/** The first `limit` items of a list in the order of `compare`. */
export function firstInOrder<T>(candidates: Iterable<T>, limit: number, compare: (a: T, b: T) => number): T[] {
  const first = new FirstInOrder(limit, compare);
  for (const item of candidates) first.offer(item);
  return first.sorted();
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
