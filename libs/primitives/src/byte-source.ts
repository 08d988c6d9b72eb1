/** Bytes that can be read by range, wherever they are: a file, memory, or pieces that are still to come. */
export interface ByteSource {
  /** Size of the whole in bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; the range lies inside the whole. Rejects when they cannot be had. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A byte source over bytes in memory. */
export class MemoryByteSource implements ByteSource {
  constructor(private readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.size)
      throw new RangeError(`Bytes ${offset}+${length} are outside a source of ${this.size}`);
    return this.bytes.subarray(offset, offset + length);
  }
}
