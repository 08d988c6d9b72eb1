import type { Movable } from './movable.ts';
import type { Turn } from './pace.ts';

/** Numbers in one block; a full block is split. A change moves at most this many numbers and one list of blocks. */
export const ORDERED_BLOCK_ITEMS = 512;
/** How many are put into each block when many come in order at once, so that single ones find room beside them. */
const FILLED_BLOCK_ITEMS = 400;
/** Blocks that are filled before others may get their turn. */
const BLOCKS_PER_TURN = 8;

interface Block {
  readonly items: Uint32Array;
  count: number;
}

/**
 * Whole numbers below 2^32 in a total order, kept in blocks, so that a million of them change one at a time without a
 * pause. `compare` never answers 0 for two different ones, and answers the same while both are in the list.
 */
export class OrderedNumbers implements Movable {
  private readonly blocks: Block[] = [];
  private count = 0;

  constructor(private readonly compare: (a: number, b: number) => number) {}

  get size(): number {
    return this.count;
  }

  /**
   * Takes numbers that are in order, in the place of all that were in the list. What stands in it already may be deleted meanwhile,
   * and nothing else may happen to it until this resolves.
   * @param isLeftOut asked of each when it is its turn; those may stand anywhere
   */
  async fill(sorted: Uint32Array, turn: Turn, isLeftOut: (item: number) => boolean = () => false): Promise<void> {
    this.blocks.length = 0;
    this.count = 0;
    for (let at = 0, filled = 0; at < sorted.length; ) {
      const block: Block = { items: new Uint32Array(ORDERED_BLOCK_ITEMS), count: 0 };
      for (const end = Math.min(at + FILLED_BLOCK_ITEMS, sorted.length); at < end; at++) {
        const item = sorted[at] as number;
        if (!isLeftOut(item)) block.items[block.count++] = item;
      }
      this.count += block.count;
      if (block.count > 0) this.blocks.push(block);
      if (++filled % BLOCKS_PER_TURN === 0) await turn();
    }
  }

  handOver(): Uint32Array {
    const numbers = new Uint32Array(this.count);
    let end = 0;
    for (const { items, count } of this.blocks) {
      numbers.set(items.subarray(0, count), end);
      end += count;
    }
    return numbers;
  }

  takeOver(numbers: Uint32Array, turn: Turn): Promise<void> {
    return this.fill(numbers, turn);
  }

  add(item: number): void {
    this.count++;
    const last = this.blocks.length - 1;
    if (last === -1) {
      this.blocks.push(blockOf(item));
      return;
    }
    const at = Math.min(this.blockFor(item), last);
    const block = this.blocks[at] as Block;
    const index = this.indexIn(block, item);
    if (block.count < ORDERED_BLOCK_ITEMS) insert(block, index, item);
    // Whoever comes in order leaves full blocks behind and not halves of them.
    else if (at === last && index === block.count) this.blocks.push(blockOf(item));
    else if (at === 0 && index === 0) this.blocks.unshift(blockOf(item));
    else {
      const half = ORDERED_BLOCK_ITEMS / 2;
      const upper: Block = { items: new Uint32Array(ORDERED_BLOCK_ITEMS), count: half };
      upper.items.set(block.items.subarray(half));
      block.count = half;
      this.blocks.splice(at + 1, 0, upper);
      if (index <= half) insert(block, index, item);
      else insert(upper, index - half, item);
    }
  }

  /** @returns true if the item was there. */
  delete(item: number): boolean {
    const at = this.blockFor(item);
    const block = this.blocks[at];
    if (block === undefined) return false;
    const index = this.indexIn(block, item);
    if (index === block.count || block.items[index] !== item) return false;
    block.items.copyWithin(index, index + 1, block.count);
    block.count--;
    this.count--;
    if (block.count === 0) this.blocks.splice(at, 1);
    return true;
  }

  /**
   * Items in order, from the first that `isAfter` accepts; it must refuse a beginning of the list and accept the rest.
   * The list may not change while it is read.
   */
  *from(isAfter: (item: number) => boolean = () => true): Generator<number> {
    for (let at = this.firstBlock(isAfter); at < this.blocks.length; at++) {
      const block = this.blocks[at] as Block;
      let index = firstWhere(block.count, (n) => isAfter(block.items[n] as number));
      for (; index < block.count; index++) yield block.items[index] as number;
      isAfter = () => true;
    }
  }

  /** Items in the opposite order, from the last that `isAfter` refuses. */
  *backFrom(isAfter: (item: number) => boolean = () => false): Generator<number> {
    let at = Math.min(this.firstBlock(isAfter), this.blocks.length - 1);
    for (; at >= 0; at--) {
      const block = this.blocks[at] as Block;
      let index = firstWhere(block.count, (n) => isAfter(block.items[n] as number)) - 1;
      for (; index >= 0; index--) yield block.items[index] as number;
      isAfter = () => false;
    }
  }

  private firstBlock(isAfter: (item: number) => boolean): number {
    return firstWhere(this.blocks.length, (at) => {
      const block = this.blocks[at] as Block;
      return isAfter(block.items[block.count - 1] as number);
    });
  }

  /** The first block whose last item is not before `item`. */
  private blockFor(item: number): number {
    return this.firstBlock((other) => other === item || this.compare(other, item) > 0);
  }

  private indexIn(block: Block, item: number): number {
    return firstWhere(block.count, (n) => {
      const other = block.items[n] as number;
      return other === item || this.compare(other, item) > 0;
    });
  }
}

function blockOf(item: number): Block {
  const block = { items: new Uint32Array(ORDERED_BLOCK_ITEMS), count: 1 };
  block.items[0] = item;
  return block;
}

function insert(block: Block, index: number, item: number): void {
  block.items.copyWithin(index + 1, index, block.count);
  block.items[index] = item;
  block.count++;
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
