export const CHUNK = Buffer.alloc(65_536, 0x2a);

/** Counts what it was asked for, and whether it was let go. */
export class EndlessSource implements AsyncIterableIterator<Uint8Array> {
  asked = 0;
  isReleased = false;

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.isReleased) return { done: true, value: undefined };
    this.asked++;
    return { done: false, value: CHUNK };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.isReleased = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export async function sizeOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return size;
}
