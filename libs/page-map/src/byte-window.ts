import { Buffer } from 'node:buffer';
import { type ByteSource, LEAF_BLOCK_BYTES, PageSwarmError } from '@pageswarm/primitives';

/** Block size for reading a whole document in few reads, in bytes. */
export const MAPPING_BLOCK_BYTES = 65_536;
/** Block size for reading only what one page needs: no block of this size lies in two pieces. */
export const VIEW_BLOCK_BYTES = LEAF_BLOCK_BYTES;
/** A window over this size grows by an eighth at a time instead of by one block, so that parsing it again costs little. */
const LARGE_WINDOW_BYTES = 131_072;

/** Bytes of the document that lie together; `origin` is the offset of the first. */
export interface ByteWindow {
  readonly bytes: Uint8Array;
  readonly origin: number;
  /** True when the document ends where the window ends. */
  readonly final: boolean;
}

/** A failure of the byte source itself, as opposed to one of the PDF: it passes through to the caller. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}

/** Reads a byte source in aligned blocks and keeps the last used ones, up to a limit. */
export class BlockReader {
  private readonly blocks = new Map<number, Uint8Array>();
  private latest: ByteWindow = { bytes: new Uint8Array(0), origin: -1, final: false };
  private readonly maxBlocks: number;

  constructor(
    private readonly source: ByteSource,
    private readonly blockBytes: number,
    maxCacheBytes: number,
  ) {
    this.maxBlocks = Math.max(2, Math.floor(maxCacheBytes / blockBytes));
  }

  get size(): number {
    return this.source.size;
  }

  /** The block that holds `offset`, if it is in memory: most reads follow each other closely, so this saves waiting. */
  cached(offset: number): ByteWindow | undefined {
    const { latest } = this;
    if (offset >= latest.origin && offset < latest.origin + latest.bytes.length) return latest;
    const index = Math.floor(offset / this.blockBytes);
    const bytes = this.blocks.get(index);
    if (!bytes) return undefined;
    this.blocks.delete(index);
    return this.keep(index, bytes);
  }

  /** The block that holds `offset`; an empty final window from the end of the document on. */
  async at(offset: number): Promise<ByteWindow> {
    const known = this.cached(offset);
    if (known) return known;
    if (!(offset >= 0 && offset < this.size)) return { bytes: new Uint8Array(0), origin: Math.max(0, offset), final: true };
    const index = Math.floor(offset / this.blockBytes);
    const start = index * this.blockBytes;
    return this.keep(index, await this.read(start, Math.min(this.blockBytes, this.size - start)));
  }

  /** A larger window from `from` on: the rest of `window` and at least the next block. */
  async grown(window: ByteWindow, from: number): Promise<ByteWindow> {
    const parts = [window.bytes.subarray(from - window.origin)];
    let length = parts[0]?.length ?? 0;
    const wanted = length < LARGE_WINDOW_BYTES ? length + 1 : length + (length >> 3);
    let final = window.final;
    while (length < wanted && !final) {
      const next = await this.at(from + length);
      const part = next.bytes.subarray(from + length - next.origin);
      parts.push(part);
      length += part.length;
      final = next.final;
    }
    return { bytes: Buffer.concat(parts, length), origin: from, final };
  }

  /** Exactly these bytes, clipped to the document, without keeping them. */
  async range(start: number, end: number): Promise<Uint8Array> {
    const from = Math.max(0, Math.min(start, this.size));
    const to = Math.max(from, Math.min(end, this.size));
    const known = this.cached(from);
    if (known && to <= known.origin + known.bytes.length) return known.bytes.subarray(from - known.origin, to - known.origin);
    return to > from ? this.read(from, to - from) : new Uint8Array(0);
  }

  private keep(index: number, bytes: Uint8Array): ByteWindow {
    this.blocks.set(index, bytes);
    if (this.blocks.size > this.maxBlocks) this.blocks.delete(this.blocks.keys().next().value as number);
    const origin = index * this.blockBytes;
    this.latest = { bytes, origin, final: origin + bytes.length >= this.size };
    return this.latest;
  }

  private async read(offset: number, length: number): Promise<Uint8Array> {
    let bytes: Uint8Array;
    try {
      bytes = await this.source.read(offset, length);
    } catch (cause) {
      throw new SourceError('The byte source failed', { cause });
    }
    if (bytes.length !== length) {
      const cause = new PageSwarmError('INTERNAL', `A byte source gave ${bytes.length} instead of ${length} bytes at ${offset}`);
      throw new SourceError('The byte source failed', { cause });
    }
    return bytes;
  }
}
