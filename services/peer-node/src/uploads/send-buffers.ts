import { Injectable } from '@nestjs/common';

/** The most memory that waits to be used again for bytes on their way to other nodes and to readers, in bytes. */
export const MAX_SPARE_SEND_BYTES = 8_388_608;
/** Memory for fewer bytes than this is not worth keeping: the collector is quick with it. */
const MIN_KEPT_BYTES = 16_384;

/**
 * Lends memory for bytes on their way from the disk to other nodes and to readers. Memory of its own for every read would be freed by the collector
 * alone, which looks through all objects of the process for each few megabytes that were sent.
 */
@Injectable()
export class SendBuffers {
  /** By size, a power of two, so that small chunks do not hold large memory. */
  private readonly spare = new Map<number, Uint8Array[]>();
  private readonly lent = new WeakSet<ArrayBufferLike>();
  private spareBytes = 0;

  /** Memory with room for so many bytes, with anything in it. */
  take(bytes: number): Uint8Array {
    const size = MIN_KEPT_BYTES * 2 ** Math.max(0, Math.ceil(Math.log2(bytes / MIN_KEPT_BYTES)));
    const kept = this.spare.get(size)?.pop();
    if (kept) this.spareBytes -= size;
    const memory = kept ?? new Uint8Array(size);
    this.lent.add(memory.buffer);
    return memory;
  }

  /** Takes back memory, or the part of it that was used, which nobody looks at any more; memory that is not from here is let be. */
  give(part: Uint8Array): void {
    const { buffer } = part;
    if (!this.lent.delete(buffer) || this.spareBytes + buffer.byteLength > MAX_SPARE_SEND_BYTES) return;
    const others = this.spare.get(buffer.byteLength);
    const memory = new Uint8Array(buffer);
    if (others) others.push(memory);
    else this.spare.set(buffer.byteLength, [memory]);
    this.spareBytes += buffer.byteLength;
  }
}
