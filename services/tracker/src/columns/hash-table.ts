import { randomInt } from 'node:crypto';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Movable } from './movable.ts';
import type { Turn } from './pace.ts';

/** Tables behind one face, a power of two: each grows on its own, so that a million items never move at once. */
export const HASH_SHARDS = 256;
const SHARD_SHIFT = 32 - Math.log2(HASH_SHARDS);
const FIRST_SHARD_CELLS = 8;
/** A shard grows when more of its cells than this are taken. */
const MAX_LOAD = 0.75;
/** Items that are looked at before others may get their turn, when very many come at once. */
const FILLED_PER_TURN = 4_096;

const SEED_NAME = 'pageswarm hash seed';
/**
 * Chosen anew in each process: whoever sends us keys cannot know which of them meet in one cell, and so cannot make
 * looking them up slow. All threads of a process have the same one, for tables move between them.
 */
const SEED = seedOfProcess();

function seedOfProcess(): number {
  const known = getEnvironmentData(SEED_NAME);
  if (typeof known === 'number') return known;
  const seed = randomInt(2 ** 32);
  setEnvironmentData(SEED_NAME, seed);
  return seed;
}

/** The hash of bytes, 32 bits of which all are good. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x0100_0193);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x0100_0193);
  return spread(hash);
}

/** The hash of two whole numbers below 2^32. */
export function hashOfPair(a: number, b: number): number {
  return spread(Math.imul(spread(a ^ SEED), 0x9e37_79b1) ^ b);
}

function spread(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Which bits of a hash are kept beside each cell: others than choose the shard, and than choose the cell in most tables. */
const TAG_SHIFT = 16;
const TAG_MASK = 255;

/** Four cells and the tags of them lie together, so that a look at one is one wait for memory and not two. */
const GROUP_CELLS = 4;
const GROUP_WORDS = GROUP_CELLS + 1;

/** The cells of one shard: of each one more than its item, or 0 where it is free, and eight bits of the hash. */
class Shard {
  /** @param length of cells, a power of two */
  constructor(
    readonly length: number,
    readonly words = new Uint32Array((length / GROUP_CELLS) * GROUP_WORDS),
  ) {}

  get(at: number): number {
    return this.words[wordOf(at)] as number;
  }

  /** Whether a cell that is not free may be that of an item of this hash. */
  hasTag(at: number, tag: number): boolean {
    return this.tag(at) === tag;
  }

  set(at: number, cell: number, tag: number): void {
    const { words } = this;
    words[wordOf(at)] = cell;
    const shift = tagShift(at);
    const word = tagWordOf(at);
    words[word] = ((words[word] as number) & ~(TAG_MASK << shift)) | (tag << shift);
  }

  tag(at: number): number {
    return ((this.words[tagWordOf(at)] as number) >>> tagShift(at)) & TAG_MASK;
  }
}

function wordOf(at: number): number {
  return (at >>> 2) * GROUP_WORDS + (at & 3);
}

function tagWordOf(at: number): number {
  return (at >>> 2) * GROUP_WORDS + GROUP_CELLS;
}

function tagShift(at: number): number {
  return (at & 3) * 8;
}

interface HashTableParts {
  readonly words: Uint32Array[];
  readonly counts: Uint32Array;
}

/**
 * Finds items, known by whole numbers, by the hash of a key that lives elsewhere: five bytes for each cell. Keys are looked
 * at for the one that is wanted and one in 256 others, for each look is a wait for memory. Items of equal keys are found in
 * the order in which they came.
 */
export class HashTable implements Movable {
  private shards = Array.from({ length: HASH_SHARDS }, () => new Shard(FIRST_SHARD_CELLS));
  private counts = new Uint32Array(HASH_SHARDS);

  /** @param hashOf the hash of the key of an item that is in the table */
  constructor(private readonly hashOf: (item: number) => number) {}

  /** An empty table gets room for about so many items, so that they move no more while they come. */
  reserve(items: number): void {
    const length = cellsFor(items / HASH_SHARDS);
    this.shards = this.shards.map(() => new Shard(length));
  }

  /** The first item of this hash that `isWanted` accepts; -1 if there is none. */
  find(hash: number, isWanted: (item: number) => boolean): number {
    const shard = this.shards[hash >>> SHARD_SHIFT] as Shard;
    const mask = shard.length - 1;
    const tag = (hash >>> TAG_SHIFT) & TAG_MASK;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const cell = shard.get(at);
      if (cell === 0) return -1;
      if (shard.hasTag(at, tag) && isWanted(cell - 1)) return cell - 1;
    }
  }

  /**
   * An empty table takes all items below `end`, one shard after the other, so that what is written lies close together.
   * @param isTaken is asked of every item that an earlier one has the hash of, for each of those: a false leaves it out
   */
  async fill(end: number, turn: Turn, isTaken?: (item: number, earlier: number) => boolean): Promise<void> {
    const hashes = new Uint32Array(end);
    const ends = new Uint32Array(HASH_SHARDS);
    for (let start = 0; start < end; start += FILLED_PER_TURN) {
      this.hashSome(hashes, ends, start, Math.min(start + FILLED_PER_TURN, end));
      await turn();
    }
    let sum = 0;
    for (let shard = 0; shard < HASH_SHARDS; shard++) {
      const count = ends[shard] as number;
      ends[shard] = sum;
      sum += count;
    }
    const items = new Uint32Array(end);
    for (let start = 0; start < end; start += FILLED_PER_TURN) {
      placeSome(items, hashes, ends, start, Math.min(start + FILLED_PER_TURN, end));
      await turn();
    }
    for (let shard = 0, start = 0; shard < HASH_SHARDS; shard++) {
      const shardEnd = ends[shard] as number;
      this.fillShard(shard, items.subarray(start, shardEnd), hashes, isTaken);
      start = shardEnd;
      await turn();
    }
  }

  /** Hashes of items from `start` to `end`, and how many each shard gets. */
  private hashSome(hashes: Uint32Array, counts: Uint32Array, start: number, end: number): void {
    for (let item = start; item < end; item++) {
      const hash = this.hashOf(item);
      hashes[item] = hash;
      counts[hash >>> SHARD_SHIFT] = (counts[hash >>> SHARD_SHIFT] as number) + 1;
    }
  }

  private fillShard(number: number, items: Uint32Array, hashes: Uint32Array, isTaken?: (item: number, earlier: number) => boolean): void {
    const shard = new Shard(cellsFor(items.length));
    let count = 0;
    for (let n = 0; n < items.length; n++) {
      const item = items[n] as number;
      const at = cellFor(shard, item, hashes, isTaken);
      if (at === -1) continue;
      shard.set(at, item + 1, ((hashes[item] as number) >>> TAG_SHIFT) & TAG_MASK);
      count++;
    }
    this.counts[number] = count;
    this.shards[number] = shard;
  }

  add(hash: number, item: number): void {
    const number = hash >>> SHARD_SHIFT;
    const count = (this.counts[number] as number) + 1;
    this.counts[number] = count;
    let shard = this.shards[number] as Shard;
    if (count > shard.length * MAX_LOAD) {
      shard = this.grown(shard, 2 * shard.length);
      this.shards[number] = shard;
    }
    place(shard, hash, item + 1);
  }

  /** The item must be in the table, or nothing happens. */
  delete(hash: number, item: number): void {
    const number = hash >>> SHARD_SHIFT;
    const shard = this.shards[number] as Shard;
    const mask = shard.length - 1;
    let hole = hash & mask;
    for (; shard.get(hole) !== item + 1; hole = (hole + 1) & mask) if (shard.get(hole) === 0) return;
    // Those behind close the gap, unless that would put one before the cell where its search begins.
    for (let at = (hole + 1) & mask; shard.get(at) !== 0; at = (at + 1) & mask) {
      const home = this.hashOf(shard.get(at) - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      shard.set(hole, shard.get(at), shard.tag(at));
      hole = at;
    }
    shard.set(hole, 0, 0);
    this.counts[number] = (this.counts[number] as number) - 1;
  }

  handOver(): HashTableParts {
    return { words: this.shards.map(({ words }) => words), counts: this.counts };
  }

  takeOver({ words, counts }: HashTableParts): void {
    this.shards = words.map((cells) => new Shard((cells.length / GROUP_WORDS) * GROUP_CELLS, cells as Uint32Array<ArrayBuffer>));
    this.counts = counts as Uint32Array<ArrayBuffer>;
  }

  /** Begins behind a free cell, so that items of equal keys keep their order. */
  private grown(shard: Shard, length: number): Shard {
    const larger = new Shard(length);
    let free = 0;
    while (shard.get(free) !== 0) free++;
    for (let n = 1; n < shard.length; n++) {
      const cell = shard.get((free + n) & (shard.length - 1));
      if (cell !== 0) place(larger, this.hashOf(cell - 1), cell);
    }
    return larger;
  }
}

/** Cells of a shard that so many items fit into. */
function cellsFor(items: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(FIRST_SHARD_CELLS, items / MAX_LOAD)));
}

/** Puts items from `start` to `end` behind those that their shards have; `ends` moves along. */
function placeSome(items: Uint32Array, hashes: Uint32Array, ends: Uint32Array, start: number, end: number): void {
  for (let item = start; item < end; item++) {
    const shard = (hashes[item] as number) >>> SHARD_SHIFT;
    const at = ends[shard] as number;
    items[at] = item;
    ends[shard] = at + 1;
  }
}

/** The cell where an item goes; -1 if an earlier one of the same hash leaves it out. */
function cellFor(shard: Shard, item: number, hashes: Uint32Array, isTaken?: (item: number, earlier: number) => boolean): number {
  const hash = hashes[item] as number;
  const mask = shard.length - 1;
  const tag = (hash >>> TAG_SHIFT) & TAG_MASK;
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const cell = shard.get(at);
    if (cell === 0) return at;
    if (isTaken && shard.hasTag(at, tag) && hashes[cell - 1] === hash && !isTaken(item, cell - 1)) return -1;
  }
}

function place(shard: Shard, hash: number, cell: number): void {
  const mask = shard.length - 1;
  let at = hash & mask;
  while (shard.get(at) !== 0) at = (at + 1) & mask;
  shard.set(at, cell, (hash >>> TAG_SHIFT) & TAG_MASK);
}
