import { randomInt } from 'node:crypto';

/** Tables behind one face, a power of two: each grows on its own, so that a million items never move at once. */
export const HASH_SHARDS = 256;
const SHARD_SHIFT = 32 - Math.log2(HASH_SHARDS);
const FIRST_SHARD_CELLS = 8;
/** A shard grows when more of its cells than this are taken. */
const MAX_LOAD = 0.75;

/**
 * Chosen anew in each process: whoever sends us keys cannot know which of them meet in one cell, and so cannot make
 * looking them up slow.
 */
const SEED = randomInt(2 ** 32);

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

/**
 * Finds items, known by whole numbers, by the hash of a key that lives elsewhere: four bytes for each cell. Items of
 * equal keys are found in the order in which they came.
 */
export class HashTable {
  /** One more than the item; 0 for a cell that is free. */
  private readonly shards = Array.from({ length: HASH_SHARDS }, (): Uint32Array => new Uint32Array(FIRST_SHARD_CELLS));
  private readonly counts = new Uint32Array(HASH_SHARDS);

  /** @param hashOf the hash of the key of an item that is in the table */
  constructor(private readonly hashOf: (item: number) => number) {}

  /** The first item of this hash that `isWanted` accepts; -1 if there is none. */
  find(hash: number, isWanted: (item: number) => boolean): number {
    const cells = this.shards[hash >>> SHARD_SHIFT] as Uint32Array;
    const mask = cells.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const cell = cells[at] as number;
      if (cell === 0) return -1;
      if (isWanted(cell - 1)) return cell - 1;
    }
  }

  add(hash: number, item: number): void {
    const shard = hash >>> SHARD_SHIFT;
    const count = (this.counts[shard] as number) + 1;
    this.counts[shard] = count;
    let cells = this.shards[shard] as Uint32Array;
    if (count > cells.length * MAX_LOAD) {
      cells = this.grown(cells);
      this.shards[shard] = cells;
    }
    place(cells, hash, item + 1);
  }

  /** The item must be in the table, or nothing happens. */
  delete(hash: number, item: number): void {
    const shard = hash >>> SHARD_SHIFT;
    const cells = this.shards[shard] as Uint32Array;
    const mask = cells.length - 1;
    let hole = hash & mask;
    for (; cells[hole] !== item + 1; hole = (hole + 1) & mask) if (cells[hole] === 0) return;
    // Those behind close the gap, unless that would put one before the cell where its search begins.
    for (let at = (hole + 1) & mask; cells[at] !== 0; at = (at + 1) & mask) {
      const home = this.hashOf((cells[at] as number) - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      cells[hole] = cells[at] as number;
      hole = at;
    }
    cells[hole] = 0;
    this.counts[shard] = (this.counts[shard] as number) - 1;
  }

  /** Begins behind a free cell, so that items of equal keys keep their order. */
  private grown(cells: Uint32Array): Uint32Array {
    const larger = new Uint32Array(cells.length * 2);
    const first = cells.indexOf(0) + 1;
    for (let n = 0; n < cells.length; n++) {
      const cell = cells[(first + n) & (cells.length - 1)] as number;
      if (cell !== 0) place(larger, this.hashOf(cell - 1), cell);
    }
    return larger;
  }
}

function place(cells: Uint32Array, hash: number, cell: number): void {
  const mask = cells.length - 1;
  let at = hash & mask;
  while (cells[at] !== 0) at = (at + 1) & mask;
  cells[at] = cell;
}
