import { ByteArena } from '../columns/byte-arena.ts';
import { Uint32Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { VarintReader, writeVarint } from '../columns/varint.ts';

/** Bytes of one block of postings. Each change reads and writes one block. */
const BLOCK_BYTES = 120;
/** The last number stands before the others, so that a higher one is put behind them unread. */
const LAST_BYTES = 4;
/** Numbers that one list takes before others may get their turn, when very many come at once. */
const FILLED_PER_TURN = 16_384;
/** Numbers that are read at once, and those of the block that goes beyond, when a list is read in parts. */
const READ_PER_PART = 1_024;
/** A list of several blocks has this bit in its head. */
const LARGE = 0x8000_0000;

/** Numbers that were read, without a new array for each reading. */
export class NumberBuffer {
  items = new Uint32Array(1_024);
  length = 0;

  /** Room for so many numbers behind those that are there. */
  reserve(count: number): void {
    if (this.length + count <= this.items.length) return;
    const larger = new Uint32Array(2 * (this.length + count));
    larger.set(this.items.subarray(0, this.length));
    this.items = larger;
  }
}

/** The large lists, one behind the other. */
interface LargeParts {
  /** How many blocks each has. */
  readonly counts: Uint32Array;
  readonly blocks: Uint32Array;
  readonly firsts: Uint32Array;
  readonly free: number[];
}

/** The blocks of a list and the first number of each. */
interface LargeList {
  readonly blocks: number[];
  readonly firsts: number[];
}

/**
 * Many lists of different whole numbers below 2^32, each in ascending order. A list of one number is that number; a short
 * one is a block of differences as varints in an arena; a long one has many such blocks. No change touches more than one
 * block and the list of blocks.
 */
export class PostingLists implements Movable {
  private readonly heads = new Uint32Column();
  private readonly counts = new Uint32Column();
  private readonly arena = new ByteArena();
  private large: LargeList[] = [];
  private freeLarge: number[] = [];
  private readonly numbers = new NumberBuffer();
  private readonly bytes = new Uint8Array(4 * BLOCK_BYTES);

  get movables(): readonly Movable[] {
    return [this, this.heads, this.counts, this.arena];
  }

  handOver(): LargeParts {
    const counts = Uint32Array.from(this.large, ({ blocks }) => blocks.length);
    const total = counts.reduce((sum, count) => sum + count, 0);
    const [blocks, firsts] = [new Uint32Array(total), new Uint32Array(total)];
    let end = 0;
    for (const list of this.large) {
      blocks.set(list.blocks, end);
      firsts.set(list.firsts, end);
      end += list.blocks.length;
    }
    return { counts, blocks, firsts, free: this.freeLarge };
  }

  async takeOver({ counts, blocks, firsts, free }: LargeParts, turn: Turn): Promise<void> {
    this.large = [];
    let start = 0;
    for (const count of counts) {
      const end = start + count;
      this.large.push({ blocks: Array.from(blocks.subarray(start, end)), firsts: Array.from(firsts.subarray(start, end)) });
      start = end;
      await turn();
    }
    this.freeLarge = free;
  }

  countOf(list: number): number {
    return this.counts.get(list);
  }

  /** @returns false if the number was there */
  add(list: number, number: number): boolean {
    const count = this.counts.get(list);
    const head = this.heads.get(list);
    if (count === 0) this.heads.set(list, number);
    else if (count === 1) {
      if (head === number) return false;
      this.heads.set(list, this.arena.put(this.bytes, this.encode([Math.min(head, number), Math.max(head, number)], 0, 2)));
    } else if (head >= LARGE) {
      if (!this.addToLarge(this.large[head - LARGE] as LargeList, number)) return false;
    } else {
      const block = this.addToBlock(head, number);
      if (block === undefined) return false;
      if (block !== 0) this.heads.set(list, block);
      else this.heads.set(list, LARGE + this.enlarge(head));
    }
    this.counts.set(list, count + 1);
    return true;
  }

  /**
   * An empty list takes numbers that are in order, those of `items` from `start` to `end`, in full blocks.
   * @returns undefined if that was done at once
   */
  fill(list: number, items: Uint32Array, start: number, end: number, turn: Turn): Promise<void> | undefined {
    this.counts.set(list, end - start);
    if (end - start === 1) this.heads.set(list, items[start] as number);
    if (end - start < 2) return undefined;
    if (end - start > FILLED_PER_TURN) return this.fillInTurns(list, items, start, end, turn);
    const found: LargeList = { blocks: [], firsts: [] };
    for (let at = start; at < end; ) at = this.appendBlock(found, items, at, end);
    this.setBlocks(list, found);
    return undefined;
  }

  private async fillInTurns(list: number, items: Uint32Array, start: number, end: number, turn: Turn): Promise<void> {
    const found: LargeList = { blocks: [], firsts: [] };
    for (let at = start, next = start; at < end; ) {
      if (at >= next) {
        next = at + FILLED_PER_TURN;
        await turn();
      }
      at = this.appendBlock(found, items, at, end);
    }
    this.setBlocks(list, found);
  }

  /** Puts as many numbers as it takes into a new last block. @returns behind the last of them */
  private appendBlock({ blocks, firsts }: LargeList, items: Uint32Array, start: number, end: number): number {
    const { bytes } = this;
    let length = LAST_BYTES;
    let before = 0;
    let at = start;
    for (; at < end; at++) {
      const longer = writeVarint(bytes, length, (items[at] as number) - before);
      if (longer > BLOCK_BYTES) break;
      length = longer;
      before = items[at] as number;
    }
    writeLast(bytes, 0, before);
    firsts.push(items[start] as number);
    blocks.push(this.arena.put(bytes, length));
    return at;
  }

  private setBlocks(list: number, found: LargeList): void {
    const [block = 0] = found.blocks;
    this.heads.set(list, found.blocks.length === 1 ? block : LARGE + this.keepLarge(found));
  }

  /** @returns false if the number was not there */
  delete(list: number, number: number): boolean {
    const count = this.counts.get(list);
    const head = this.heads.get(list);
    if (count === 0) return false;
    if (count === 1) {
      if (head !== number) return false;
    } else if (head >= LARGE) {
      if (!this.deleteFromLarge(list, head - LARGE, number)) return false;
    } else {
      if (!this.decodeWithout(head, number)) return false;
      if (count === 2) {
        this.arena.release(head);
        this.heads.set(list, this.numbers.items[0] as number);
      } else this.heads.set(list, this.arena.replace(head, this.bytes, this.encode(this.numbers.items, 0, this.numbers.length)));
    }
    this.counts.set(list, count - 1);
    return true;
  }

  /** Puts the numbers of a list behind those in `target`. */
  read(list: number, target: NumberBuffer): void {
    const count = this.counts.get(list);
    if (count === 0) return;
    const head = this.heads.get(list);
    target.reserve(count);
    if (count === 1) target.items[target.length++] = head;
    else if (head >= LARGE) for (const block of (this.large[head - LARGE] as LargeList).blocks) this.decode(block, target);
    else this.decode(head, target);
  }

  /**
   * Puts some numbers of a list behind those in `target`, so that who has enough need not read the others.
   * @param part 0 for the first ones, then what the last call returned
   * @returns 0 if there are no more
   */
  readPart(list: number, part: number, target: NumberBuffer): number {
    const head = this.heads.get(list);
    if (this.counts.get(list) < 2 || head < LARGE) {
      this.read(list, target);
      return 0;
    }
    const { blocks } = this.large[head - LARGE] as LargeList;
    const enough = target.length + READ_PER_PART;
    let next = part;
    while (next < blocks.length && target.length < enough) this.decode(blocks[next++] as number, target);
    return next < blocks.length ? next : 0;
  }

  /**
   * Puts a number into a block.
   * @returns where the block is now; undefined if the number was there; 0 if the block is full, and then `numbers` has all
   */
  private addToBlock(block: number, number: number): number | undefined {
    const { arena, bytes, numbers } = this;
    const last = lastOf(arena, block);
    if (number === last) return undefined;
    if (number > last) {
      const length = arena.lengthOf(block);
      const added = writeVarint(bytes, 0, number - last);
      if (length + added <= BLOCK_BYTES) {
        const longer = arena.grow(block, length + added);
        const chunk = arena.chunkOf(longer);
        const offset = arena.offsetOf(longer);
        for (let n = 0; n < added; n++) chunk[offset + length + n] = bytes[n] as number;
        writeLast(chunk, offset, number);
        return longer;
      }
    }
    numbers.length = 0;
    this.decode(block, numbers);
    numbers.reserve(1);
    const { items, length } = numbers;
    let at = length;
    while (at > 0 && (items[at - 1] as number) > number) at--;
    if (items[at - 1] === number && at > 0) return undefined;
    items.copyWithin(at + 1, at, length);
    items[at] = number;
    numbers.length++;
    const encoded = this.encode(items, 0, numbers.length);
    return encoded <= BLOCK_BYTES ? arena.replace(block, bytes, encoded) : 0;
  }

  /** A full block, whose numbers are in `numbers`, becomes a list of two. */
  private enlarge(block: number): number {
    this.arena.release(block);
    const list: LargeList = { blocks: [], firsts: [] };
    this.split(list, 0, 0);
    return this.keepLarge(list);
  }

  private keepLarge(list: LargeList): number {
    const index = this.freeLarge.pop() ?? this.large.length;
    this.large[index] = list;
    return index;
  }

  /** Puts `numbers` into a list as two blocks, in the place of `replaced` ones. Numbers that come in order leave full blocks. */
  private split({ blocks, firsts }: LargeList, at: number, replaced: number): void {
    const { items, length } = this.numbers;
    const isLast = at + replaced >= blocks.length;
    const middle = isLast ? length - 1 : length >>> 1;
    const lower = this.arena.put(this.bytes, this.encode(items, 0, middle));
    const upper = this.arena.put(this.bytes, this.encode(items, middle, length));
    blocks.splice(at, replaced, lower, upper);
    firsts.splice(at, replaced, items[0] as number, items[middle] as number);
  }

  private addToLarge(list: LargeList, number: number): boolean {
    const at = blockFor(list.firsts, number);
    const before = list.blocks[at] as number;
    const block = this.addToBlock(before, number);
    if (block === undefined) return false;
    if (block === 0) {
      this.arena.release(before);
      this.split(list, at, 1);
    } else {
      list.blocks[at] = block;
      if (number < (list.firsts[at] as number)) list.firsts[at] = number;
    }
    return true;
  }

  private deleteFromLarge(list: number, index: number, number: number): boolean {
    const { blocks, firsts } = this.large[index] as LargeList;
    const at = blockFor(firsts, number);
    const block = blocks[at] as number;
    if (!this.decodeWithout(block, number)) return false;
    if (this.numbers.length === 0) {
      this.arena.release(block);
      blocks.splice(at, 1);
      firsts.splice(at, 1);
    } else {
      blocks[at] = this.arena.replace(block, this.bytes, this.encode(this.numbers.items, 0, this.numbers.length));
      firsts[at] = this.numbers.items[0] as number;
    }
    if (blocks.length === 1) this.shrink(list, index);
    return true;
  }

  /** A list of one block is that block, or its only number. */
  private shrink(list: number, index: number): void {
    const [block = 0] = (this.large[index] as LargeList).blocks;
    this.freeLarge.push(index);
    this.numbers.length = 0;
    this.decode(block, this.numbers);
    if (this.numbers.length > 1) {
      this.heads.set(list, block);
      return;
    }
    this.arena.release(block);
    this.heads.set(list, this.numbers.items[0] as number);
  }

  /** Reads a block into `numbers` and takes one out. @returns false if it is not there */
  private decodeWithout(block: number, number: number): boolean {
    const { numbers } = this;
    numbers.length = 0;
    this.decode(block, numbers);
    const at = numbers.items.subarray(0, numbers.length).indexOf(number);
    if (at === -1) return false;
    numbers.items.copyWithin(at, at + 1, numbers.length);
    numbers.length--;
    return true;
  }

  private decode(block: number, target: NumberBuffer): void {
    const chunk = this.arena.chunkOf(block);
    const offset = this.arena.offsetOf(block);
    const end = offset + this.arena.lengthOf(block);
    const reader = new VarintReader(chunk, offset + LAST_BYTES);
    let number = 0;
    target.reserve(BLOCK_BYTES);
    const { items } = target;
    let { length } = target;
    while (reader.at < end) {
      number += reader.next();
      items[length++] = number;
    }
    target.length = length;
  }

  private encode(items: ArrayLike<number>, start: number, end: number): number {
    const { bytes } = this;
    let at = LAST_BYTES;
    let before = 0;
    for (let n = start; n < end; n++) {
      const number = items[n] as number;
      at = writeVarint(bytes, at, number - before);
      before = number;
    }
    new DataView(bytes.buffer).setUint32(0, before, true);
    return at;
  }
}

function lastOf(arena: ByteArena, block: number): number {
  const chunk = arena.chunkOf(block);
  const at = arena.offsetOf(block);
  const low = (chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16);
  return (low | ((chunk[at + 3] as number) << 24)) >>> 0;
}

function writeLast(chunk: Uint8Array, at: number, number: number): void {
  chunk[at] = number;
  chunk[at + 1] = number >>> 8;
  chunk[at + 2] = number >>> 16;
  chunk[at + 3] = number >>> 24;
}

/** The last block that does not begin behind `number`, or the first. */
function blockFor(firsts: readonly number[], number: number): number {
  let low = 0;
  let high = firsts.length - 1;
  // Most numbers that come are higher than all before.
  if ((firsts[high] as number) <= number) return high;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((firsts[middle] as number) <= number) low = middle;
    else high = middle - 1;
  }
  return low;
}
