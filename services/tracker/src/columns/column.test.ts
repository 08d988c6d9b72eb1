import { describe, expect, it } from '@jest/globals';
import { COLUMN_CHUNK_ITEMS, Float64Column, Uint32Column } from './column.ts';

describe('a column', () => {
  it.each([
    ['whole numbers', () => new Uint32Column(), 0xffff_ffff],
    ['numbers', () => new Float64Column(), -1.5e300],
  ])('of %s keeps each where it was put, over the borders of chunks, and has 0 elsewhere', (_, create, value) => {
    const column = create();
    const far = 3 * COLUMN_CHUNK_ITEMS;
    for (const index of [0, COLUMN_CHUNK_ITEMS - 1, COLUMN_CHUNK_ITEMS, far]) column.set(index, value);
    expect([0, 1, COLUMN_CHUNK_ITEMS - 1, COLUMN_CHUNK_ITEMS, far - 1, far, 10 * far].map((index) => column.get(index))).toEqual([
      value,
      0,
      value,
      value,
      0,
      value,
      0,
    ]);
  });

  it('takes memory that nobody looks for garbage in', () => {
    const before = process.memoryUsage().external;
    const columns = [new Uint32Column(), new Float64Column()];
    for (const column of columns) column.set(100 * COLUMN_CHUNK_ITEMS, 1);
    // A hundred chunks of each would be 19 MB.
    expect(process.memoryUsage().external - before).toBeLessThan(5e6);
    expect(columns.map((column) => column.get(100 * COLUMN_CHUNK_ITEMS))).toEqual([1, 1]);
  });
});
