import { type ByteSource, PageSwarmError } from '@pageswarm/primitives';
import { MAX_CHILD_READ_BYTES } from './limits.ts';

/** Where a piped document gets its bytes. */
export interface BlockReader {
  /** @param into memory that may be filled with the answer, if it is as long as that */
  read(offset: number, length: number, into?: Uint8Array): Uint8Array;
}

/** The most bytes of a document that a child keeps at hand. */
export const MAX_CHILD_CACHE_BYTES = 16_777_216;

/**
 * The document as a child sees it: read from the parent in aligned blocks, the last used of which are kept. Libraries ask
 * for a few hundred bytes at a time, so a block is asked for once and not fifty times.
 */
export class PipedDocument implements ByteSource {
  private readonly maxBlocks: number;
  private failure: PageSwarmError | undefined;
  private fetchedBlocks = 0;

  /**
   * @param onNewBlock called for every block that this job had not read before: a file has only so many, so it is progress
   * @param blocks what an earlier job read of the same document in blocks of the same size
   */
  constructor(
    private readonly reader: BlockReader,
    readonly size: number,
    private readonly blockBytes: number,
    private readonly onNewBlock: () => void,
    private readonly blocks = new Map<number, Uint8Array>(),
  ) {
    this.maxBlocks = Math.max(1, Math.floor(MAX_CHILD_CACHE_BYTES / blockBytes));
    this.seen = new Uint8Array(Math.ceil(size / blockBytes));
  }

  private readonly seen: Uint8Array;
  /** Memory of the block that was let go last: gigabytes pass through here, and collecting each block would lag behind. */
  private spare: Uint8Array | undefined;

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    this.readInto(offset, bytes);
    return bytes;
  }

  /**
   * Fills `target` from `offset`.
   * @throws RangeError outside the document; PageSwarmError when the bytes cannot be had
   */
  readInto(offset: number, target: Uint8Array): void {
    if (!(offset >= 0 && offset + target.length <= this.size))
      throw new RangeError(`Bytes ${offset}+${target.length} are outside a document of ${this.size}`);
    const end = offset + target.length;
    for (let position = offset; position < end; ) {
      const index = Math.floor(position / this.blockBytes);
      const block = this.block(index, Math.floor((end - 1) / this.blockBytes));
      const start = position - index * this.blockBytes;
      const part = block.subarray(start, start + end - position);
      target.set(part, position - offset);
      position += part.length;
    }
  }

  /**
   * Reads what is known to be needed in few questions, as far as it fits beside what is kept already.
   * @param ranges of bytes as [offset, length]
   */
  readAhead(ranges: readonly (readonly [offset: number, length: number])[]): void {
    const end = this.fetchedBlocks + Math.floor(this.maxBlocks / 2);
    for (const [offset, length] of ranges) {
      const last = Math.floor(Math.min(this.size, offset + length - 1) / this.blockBytes);
      for (let index = Math.floor(offset / this.blockBytes); index <= last; index++) {
        if (this.fetchedBlocks >= end) return;
        if (!this.blocks.has(index)) this.block(index, Math.min(last, index + end - this.fetchedBlocks - 1));
      }
    }
  }

  /**
   * Ends the job if bytes were missing meanwhile: what a library made of the document then says nothing about it.
   * @throws PageSwarmError the error of the first read that failed
   */
  demandAllReadsServed(): void {
    if (this.failure) throw this.failure;
  }

  /** Block `index`; blocks that are missing up to `lastWanted` come with it in one read. */
  private block(index: number, lastWanted: number): Uint8Array {
    const known = this.blocks.get(index);
    if (known) {
      this.blocks.delete(index);
      this.blocks.set(index, known);
      return known;
    }
    const most = Math.max(1, Math.min(MAX_CHILD_READ_BYTES / this.blockBytes, this.maxBlocks));
    let count = 1;
    while (count < most && index + count <= lastWanted && !this.blocks.has(index + count)) count++;
    const offset = index * this.blockBytes;
    const bytes = this.fetch(offset, Math.min(count * this.blockBytes, this.size - offset));
    if (count === 1) this.keep(index, bytes);
    // Each a copy, for a view would keep all of them in memory.
    else
      for (let each = 0; each < count; each++) this.keep(index + each, bytes.slice(each * this.blockBytes, (each + 1) * this.blockBytes));
    return this.blocks.get(index) as Uint8Array;
  }

  private fetch(offset: number, length: number): Uint8Array {
    if (this.failure) throw this.failure;
    try {
      const { spare } = this;
      this.spare = undefined;
      return this.reader.read(offset, length, spare?.length === length ? spare : undefined);
    } catch (error) {
      this.failure = error as PageSwarmError;
      throw error;
    }
  }

  private keep(index: number, block: Uint8Array): void {
    this.fetchedBlocks++;
    if (this.seen[index] === 0) {
      this.seen[index] = 1;
      this.onNewBlock();
    }
    this.blocks.set(index, block);
    for (const [oldest, bytes] of this.blocks) {
      if (this.blocks.size <= this.maxBlocks) break;
      this.blocks.delete(oldest);
      this.spare = bytes;
    }
  }
}
