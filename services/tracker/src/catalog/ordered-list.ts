/** Items in one block; a block of twice as many is split. A change moves at most this many items and one list of blocks. */
export const BLOCK_ITEMS = 512;

/**
 * Items in a total order, kept in blocks, so that a million of them change one at a time without a pause.
 * `compare` never answers 0 for two different items of the list.
 */
export class OrderedList<T> {
  private readonly blocks: T[][] = [];
  private count = 0;

  constructor(private readonly compare: (a: T, b: T) => number) {}

  get size(): number {
    return this.count;
  }

  add(item: T): void {
    const at = Math.min(this.blockOf(item), this.blocks.length - 1);
    const block = this.blocks[at];
    this.count++;
    if (!block) {
      this.blocks.push([item]);
      return;
    }
    block.splice(this.indexIn(block, item), 0, item);
    if (block.length >= 2 * BLOCK_ITEMS) this.blocks.splice(at + 1, 0, block.splice(BLOCK_ITEMS));
  }

  /** @returns true if the item was there. */
  delete(item: T): boolean {
    const at = this.blockOf(item);
    const block = this.blocks[at];
    const index = block ? this.indexIn(block, item) : -1;
    if (!block || block[index] !== item) return false;
    block.splice(index, 1);
    this.count--;
    if (block.length === 0) this.blocks.splice(at, 1);
    return true;
  }

  /**
   * Items in order, from the first that `isAfter` accepts; it must refuse a beginning of the list and accept the rest.
   * The list may not change while it is read.
   */
  *from(isAfter: (item: T) => boolean = () => true): Generator<T> {
    let at = firstWhere(this.blocks.length, (index) => isAfter((this.blocks[index] as T[]).at(-1) as T));
    const block = this.blocks[at];
    if (!block) return;
    yield* block.slice(firstWhere(block.length, (index) => isAfter(block[index] as T)));
    while (++at < this.blocks.length) yield* this.blocks[at] as T[];
  }

  /** The first block whose last item is not before `item`. */
  private blockOf(item: T): number {
    return firstWhere(this.blocks.length, (index) => this.compare((this.blocks[index] as T[]).at(-1) as T, item) >= 0);
  }

  private indexIn(block: readonly T[], item: T): number {
    return firstWhere(block.length, (index) => this.compare(block[index] as T, item) >= 0);
  }
}

/** The least index up to `length` that `test` accepts; it refuses all before and accepts all behind. */
function firstWhere(length: number, test: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
