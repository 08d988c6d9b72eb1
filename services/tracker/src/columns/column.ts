import type { Movable } from './movable.ts';
import { tableMemory } from './table-memory.ts';

/** Items in one chunk of a column, a power of two: a column grows by one chunk at a time and copies nothing. */
export const COLUMN_CHUNK_ITEMS = 16_384;
const SHIFT = Math.log2(COLUMN_CHUNK_ITEMS);
const MASK = COLUMN_CHUNK_ITEMS - 1;

/** Whole numbers below 2^32 by index; 0 where nothing was set. Two classes and not one, for each reads one kind of array. */
export class Uint32Column implements Movable {
  private chunks: Uint32Array[] = [];

  get(index: number): number {
    const chunk = this.chunks[index >>> SHIFT];
    return chunk === undefined ? 0 : (chunk[index & MASK] as number);
  }

  set(index: number, value: number): void {
    while (index >>> SHIFT >= this.chunks.length)
      this.chunks.push(new Uint32Array(tableMemory(COLUMN_CHUNK_ITEMS * Uint32Array.BYTES_PER_ELEMENT)));
    (this.chunks[index >>> SHIFT] as Uint32Array)[index & MASK] = value;
  }

  handOver(): Uint32Array[] {
    return this.chunks;
  }

  takeOver(chunks: Uint32Array[]): void {
    this.chunks = chunks;
  }
}

/** Numbers of any kind by index; 0 where nothing was set. */
export class Float64Column implements Movable {
  private chunks: Float64Array[] = [];

  get(index: number): number {
    const chunk = this.chunks[index >>> SHIFT];
    return chunk === undefined ? 0 : (chunk[index & MASK] as number);
  }

  set(index: number, value: number): void {
    while (index >>> SHIFT >= this.chunks.length)
      this.chunks.push(new Float64Array(tableMemory(COLUMN_CHUNK_ITEMS * Float64Array.BYTES_PER_ELEMENT)));
    (this.chunks[index >>> SHIFT] as Float64Array)[index & MASK] = value;
  }

  handOver(): Float64Array[] {
    return this.chunks;
  }

  takeOver(chunks: Float64Array[]): void {
    this.chunks = chunks;
  }
}
