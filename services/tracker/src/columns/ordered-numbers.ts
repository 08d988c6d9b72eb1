import type { Movable } from './movable.ts';
import type { Turn } from './pace.ts';

/** Numbers in one block; a full block is split. A change moves at most this many numbers and one list of blocks. */
export const ORDERED_BLOCK_ITEMS = 512;
/** How many are put into each block when many come in order at once, so that single ones find room beside them. */
const FILLED_BLOCK_ITEMS = 400;
/** Blocks that are made before others may get their turn. */
const FILLED_PER_TURN = 32;

interface Block {
  readonly items: Uint32Array;
  count: number;
}

/**
 * Whole numbers below 2^32 in a total order, kept in blocks, so that a million of them change one at a time without a
 * pause. `compare` never answers 0 for two different ones, and answers the same while both are in the list.
 */
export class OrderedNumbers implements Movable {
  private blocks: Block[] = [];
  private count = 0;

  constructor(private readonly compare: (a: number, b: number) => number) {}

  get size(): number {
    return this.count;
  }

  /** Takes numbers that are in order, in the place of all that were in the list. */
  fill(sorted: Uint32Array): void {
    const blocks: Block[] = [];
    for (let at = 0; at < sorted.length; at += FILLED_BLOCK_ITEMS) blocks.push(filledBlock(sorted, at));
    this.blocks = blocks;
    this.count = sorted.length;
  }

  /**
   * The same in turns.
   * @param isWanted asked in the moment in which the numbers come into the list, which is as it was before
   * @returns whether they have come
   */
  async fillInTurns(sorted: Uint32Array, turn: Turn, isWanted = () => true): Promise<boolean> {
    const blocks: Block[] = [];
    for (let at = 0; at < sorted.length; at += FILLED_BLOCK_ITEMS) {
      blocks.push(filledBlock(sorted, at));
      if (blocks.length % FILLED_PER_TURN === 0) await turn();
    }
    if (!isWanted()) return false;
    this.blocks = blocks;
    this.count = sorted.length;
    return true;
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

  async takeOver(numbers: Uint32Array, turn: Turn): Promise<void> {
    await this.fillInTurns(numbers, turn);
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

/** A block of those that follow a place, with room for others. */
function filledBlock(sorted: Uint32Array, start: number): Block {
  const some = sorted.subarray(start, start + FILLED_BLOCK_ITEMS);
  const items = new Uint32Array(ORDERED_BLOCK_ITEMS);
  items.set(some);
  return { items, count: some.length };
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
