import { describe, expect, it } from '@jest/globals';
import { MAX_WRITE_RUN_BYTES, PieceWriter } from './piece-writer.ts';

/** A disk whose writes end when the test says so. */
class HeldDisk {
  readonly runs: number[][] = [];
  underWay = 0;
  mostUnderWay = 0;
  private release: (() => void)[] = [];

  readonly write = async (first: number, parts: readonly Uint8Array[]) => {
    this.runs.push(parts.map((_, index) => first + index));
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await new Promise<void>((resolve) => this.release.push(resolve));
    this.underWay--;
  };

  async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.release.length > 0) {
      for (const resolve of this.release.splice(0)) resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('PieceWriter', () => {
  it('writes neighbours together that come in one turn or wait for the disk', async () => {
    const disk = new HeldDisk();
    const writer = new PieceWriter(disk.write);
    const writes = [3, 9, 6, 20, 5, 7, 4, 21].map((piece) => writer.add(piece, new Uint8Array(16)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(disk.runs).toEqual([[3, 4, 5, 6, 7]]);
    writes.push(writer.add(22, new Uint8Array(16)));
    await disk.drain();
    await Promise.all(writes);
    expect(disk.runs).toEqual([[3, 4, 5, 6, 7], [9], [20, 21, 22]]);
    expect(disk.mostUnderWay).toBe(1);
  });

  it('cuts runs at their limit', async () => {
    const disk = new HeldDisk();
    const writer = new PieceWriter(disk.write);
    const half = new Uint8Array(MAX_WRITE_RUN_BYTES / 2);
    const writes = [0, 10, 20, 21, 22, 23, 24].map((piece) => writer.add(piece, half));
    await disk.drain();
    await Promise.all(writes);
    expect(disk.runs).toEqual([[0], [10], [20, 21], [22, 23], [24]]);
    const large = writer.add(30, new Uint8Array(2 * MAX_WRITE_RUN_BYTES));
    await disk.drain();
    await large;
    expect(disk.runs.at(-1)).toEqual([30]);
  });

  it('tells every piece of a run that it failed, and goes on', async () => {
    let attempts = 0;
    const writer = new PieceWriter(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (++attempts === 3) throw new Error('disk');
    });
    const outcomes = await Promise.allSettled([1, 3, 5, 6, 9].map((piece) => writer.add(piece, new Uint8Array(1))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled']);
  });
});
