import { PageSwarmError } from '@pageswarm/primitives';
import type { Movable } from './movable.ts';
import { tableMemory } from './table-memory.ts';

/** Bytes of one chunk of an arena. An arena grows by one at a time and moves nothing. */
export const ARENA_CHUNK_BYTES = 1_048_576;
/** Blocks begin at multiples of this; it is what an arena rounds up to. */
const ARENA_GRANULE_BYTES = 8;
const GRANULE_BYTES_SHIFT = Math.log2(ARENA_GRANULE_BYTES);
/** Bytes before each block, which tell its length. */
const HEADER_BYTES = 4;
/** The longest block, in bytes. */
export const MAX_BLOCK_BYTES = ARENA_CHUNK_BYTES - HEADER_BYTES;
const GRANULES = ARENA_CHUNK_BYTES / ARENA_GRANULE_BYTES;
const GRANULE_SHIFT = Math.log2(GRANULES);
const GRANULE_MASK = GRANULES - 1;
/** Up to how many times larger free blocks are cut before a new chunk is begun. */
const CUT_FACTOR = 4;

interface ArenaParts {
  readonly chunks: Uint8Array[];
  readonly free: Uint32Array;
  readonly fresh: number;
  readonly freshEnd: number;
}

/**
 * Blocks of bytes of any length, known by a reference: a whole number from 1 up that fits into 31 bits for 16 GiB.
 * Freed blocks wait in one list for each length, linked through themselves, so that keeping a million small texts costs
 * their bytes and not a million objects.
 */
export class ByteArena implements Movable {
  private chunks: Buffer[] = [];
  /** By granules: one more than the place of the first free block. */
  private free = new Uint32Array(GRANULES + 1);
  /** Where the rest of the last chunk begins, in granules from the first chunk on. */
  private fresh = 0;
  private freshEnd = 0;

  /** Bytes of all chunks. */
  get capacity(): number {
    return this.chunks.length * ARENA_CHUNK_BYTES;
  }

  /**
   * Room for `length` bytes; what is in it is of no meaning.
   * @throws PageSwarmError LIMIT_EXCEEDED above {@link MAX_BLOCK_BYTES}
   */
  allocate(length: number): number {
    if (length > MAX_BLOCK_BYTES)
      throw new PageSwarmError('LIMIT_EXCEEDED', `${length} bytes are more than the limit of ${MAX_BLOCK_BYTES}`);
    const place = this.take(granulesOf(length));
    writeWord(this.chunkAt(place), offsetAt(place), length);
    return place + 1;
  }

  put(bytes: Uint8Array, length = bytes.length, start = 0): number {
    const reference = this.allocate(length);
    const chunk = this.chunkOf(reference);
    const offset = this.offsetOf(reference) - start;
    for (let at = start; at < start + length; at++) chunk[offset + at] = bytes[at] as number;
    return reference;
  }

  /** Puts bytes where others were, in the same place if it is as large. @returns where they are now */
  replace(reference: number, bytes: Uint8Array, length = bytes.length): number {
    if (granulesOf(length) !== granulesOf(this.lengthOf(reference))) {
      this.release(reference);
      return this.put(bytes, length);
    }
    const chunk = this.chunkOf(reference);
    const offset = this.offsetOf(reference);
    writeWord(chunk, offset - HEADER_BYTES, length);
    for (let at = 0; at < length; at++) chunk[offset + at] = bytes[at] as number;
    return reference;
  }

  /** Makes a block that has room for it longer, in place. @returns false if it has none */
  extend(reference: number, length: number): boolean {
    if (granulesOf(length) !== granulesOf(this.lengthOf(reference))) return false;
    writeWord(this.chunkOf(reference), this.offsetOf(reference) - HEADER_BYTES, length);
    return true;
  }

  /** Makes a block longer, in place or elsewhere, with what was in it at its beginning. @returns where it is now */
  grow(reference: number, length: number): number {
    if (this.extend(reference, length)) return reference;
    const larger = this.allocate(length);
    const before = this.offsetOf(reference);
    const chunk = this.chunkOf(larger);
    this.chunkOf(reference).copy(chunk, this.offsetOf(larger), before, before + this.lengthOf(reference));
    this.release(reference);
    return larger;
  }

  release(reference: number): void {
    this.giveBack(reference - 1, granulesOf(this.lengthOf(reference)));
  }

  lengthOf(reference: number): number {
    return readWord(this.chunkOf(reference), this.offsetOf(reference) - HEADER_BYTES);
  }

  /** The chunk that holds a block; its bytes begin at {@link offsetOf}. */
  chunkOf(reference: number): Buffer {
    return this.chunkAt(reference - 1);
  }

  offsetOf(reference: number): number {
    return offsetAt(reference - 1) + HEADER_BYTES;
  }

  handOver(): ArenaParts {
    const { chunks, free, fresh, freshEnd } = this;
    return { chunks, free, fresh, freshEnd };
  }

  takeOver({ chunks, free, fresh, freshEnd }: ArenaParts): void {
    // A Buffer that moves arrives as plain bytes.
    this.chunks = chunks.map(({ buffer }) => Buffer.from(buffer));
    this.free = free as Uint32Array<ArrayBuffer>;
    this.fresh = fresh;
    this.freshEnd = freshEnd;
  }

  private chunkAt(place: number): Buffer {
    return this.chunks[place >>> GRANULE_SHIFT] as Buffer;
  }

  private take(granules: number): number {
    const first = this.free[granules] as number;
    if (first !== 0) return this.takeFree(granules, first - 1);
    if (this.freshEnd - this.fresh < granules) {
      for (let larger = granules + 1; larger <= Math.min(GRANULES, granules * CUT_FACTOR); larger++) {
        const found = this.free[larger] as number;
        if (found === 0) continue;
        const place = this.takeFree(larger, found - 1);
        this.giveBack(place + granules, larger - granules);
        return place;
      }
      if (this.freshEnd > this.fresh) this.giveBack(this.fresh, this.freshEnd - this.fresh);
      this.fresh = this.chunks.length * GRANULES;
      this.freshEnd = this.fresh + GRANULES;
      this.chunks.push(Buffer.from(tableMemory(ARENA_CHUNK_BYTES)));
    }
    const place = this.fresh;
    this.fresh += granules;
    return place;
  }

  private takeFree(granules: number, place: number): number {
    this.free[granules] = readWord(this.chunkAt(place), offsetAt(place));
    return place;
  }

  private giveBack(place: number, granules: number): void {
    writeWord(this.chunkAt(place), offsetAt(place), this.free[granules] as number);
    this.free[granules] = place + 1;
  }
}

function granulesOf(length: number): number {
  return (length + HEADER_BYTES + ARENA_GRANULE_BYTES - 1) >>> GRANULE_BYTES_SHIFT;
}

function offsetAt(place: number): number {
  return (place & GRANULE_MASK) * ARENA_GRANULE_BYTES;
}

// Buffer's own methods check what is known here, which is most of their time.
function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word;
  bytes[at + 1] = word >>> 8;
  bytes[at + 2] = word >>> 16;
  bytes[at + 3] = word >>> 24;
}

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}
