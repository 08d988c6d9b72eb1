import { describe, expect, it } from '@jest/globals';
import { MAX_SPARE_SEND_BYTES, SendBuffers } from './send-buffers.ts';

describe('memory for bytes on their way out', () => {
  it('is lent again after the part of it that was used came back', () => {
    const buffers = new SendBuffers();
    const first = buffers.take(200_000);
    expect(buffers.take(200_000).buffer).not.toBe(first.buffer);
    buffers.give(first.subarray(0, 200_000));
    expect(buffers.take(150_000).buffer).toBe(first.buffer);
  });

  it('has room for what was asked, and not much more', () => {
    const buffers = new SendBuffers();
    expect([1, 16_384, 16_385, 100_000, 262_144].map((bytes) => buffers.take(bytes).length)).toEqual([
      16_384, 16_384, 32_768, 131_072, 262_144,
    ]);
  });

  it('comes back once, and never from others', () => {
    const buffers = new SendBuffers();
    const first = buffers.take(16_384);
    buffers.give(first);
    buffers.give(first);
    buffers.give(new Uint8Array(16_384));
    expect(buffers.take(16_384).buffer).toBe(first.buffer);
    expect(buffers.take(16_384).buffer).not.toBe(first.buffer);
  });

  it('is let go beyond the limit', () => {
    const buffers = new SendBuffers();
    const half = MAX_SPARE_SEND_BYTES / 2;
    const lent = [buffers.take(half), buffers.take(half), buffers.take(half)];
    for (const memory of lent) buffers.give(memory);
    const again = new Set([buffers.take(half), buffers.take(half), buffers.take(half)].map(({ buffer }) => buffer));
    expect(lent.filter(({ buffer }) => again.has(buffer))).toHaveLength(2);
  });
});
