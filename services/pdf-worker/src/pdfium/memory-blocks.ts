import type { BlockSource } from './block-source.ts';

/** A document that is in memory already. */
export class MemoryBlocks implements BlockSource {
  constructor(private readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  readInto(offset: number, target: Uint8Array): void {
    target.set(this.bytes.subarray(offset, offset + target.length));
  }
}
