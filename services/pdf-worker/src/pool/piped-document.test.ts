import { describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { MAX_CHILD_READ_BYTES } from './limits.ts';
import { MAX_CHILD_CACHE_BYTES, PipedDocument } from './piped-document.ts';

/** A parent with a document of `size` bytes that keeps count. */
function parent(size: number) {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 31) % 251);
  const reads: [number, number][] = [];
  const read = (offset: number, length: number, into?: Uint8Array) => {
    reads.push([offset, length]);
    const block = into ?? new Uint8Array(length);
    block.set(bytes.subarray(offset, offset + length));
    return block;
  };
  return { bytes, reads, read };
}

describe('a document as a child reads it', () => {
  it('gives the bytes of any range', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5_000 }),
        fc.constantFrom(16, 64, 1_024),
        fc.array(fc.tuple(fc.nat(4_999), fc.nat(3_000)), { maxLength: 20, size: 'max' }),
        async (size, blockBytes, ranges) => {
          const { bytes, read } = parent(size);
          const document = new PipedDocument({ read }, size, blockBytes, () => undefined);
          for (const [from, wanted] of ranges) {
            const offset = from % size;
            const length = Math.min(wanted, size - offset);
            expect(await document.read(offset, length)).toEqual(bytes.slice(offset, offset + length));
          }
        },
      ),
    );
  });

  it('gives the bytes of any range of a document larger than what is kept, whose memory is used again', async () => {
    const block = MAX_CHILD_READ_BYTES;
    const size = MAX_CHILD_CACHE_BYTES + 4 * block + 100;
    const into = new Set<Uint8Array>();
    const read = (offset: number, length: number, target?: Uint8Array) => {
      const bytes = target ?? new Uint8Array(length);
      into.add(bytes);
      return bytes.fill(offset / block + 1);
    };
    const document = new PipedDocument({ read }, size, block, () => undefined);
    for (let round = 0; round < 2; round++)
      for (let offset = 0; offset < size; offset += block / 2) {
        const [first, last] = [Math.floor(offset / block) + 1, Math.floor(Math.min(size - 1, offset + 9) / block) + 1];
        const bytes = await document.read(offset, Math.min(10, size - offset));
        expect([bytes[0], bytes.at(-1)]).toEqual([first, last]);
      }
    expect(into.size).toBeLessThanOrEqual(MAX_CHILD_CACHE_BYTES / block + 4);
  });

  it('asks for a block once, and for neighbours together', () => {
    const { read, reads } = parent(10_000);
    const document = new PipedDocument({ read }, 10_000, 1_024, () => undefined);
    document.readInto(100, new Uint8Array(10));
    document.readInto(500, new Uint8Array(10));
    document.readInto(0, new Uint8Array(4_000));
    expect(reads).toEqual([
      [0, 1_024],
      [1_024, 3_072],
    ]);
  });

  it('reads what is known to be needed in one question for each range, and not what it has', () => {
    const { read, reads } = parent(10_000);
    const document = new PipedDocument({ read }, 10_000, 1_024, () => undefined);
    document.readInto(2_048, new Uint8Array(10));
    document.readAhead([
      [0, 4_096],
      [8_192, 1_808],
    ]);
    document.readInto(0, new Uint8Array(4_096));
    document.readInto(8_500, new Uint8Array(1_500));
    expect(reads).toEqual([
      [2_048, 1_024],
      [0, 2_048],
      [3_072, 1_024],
      [8_192, 1_808],
    ]);
  });

  it('reads ahead no more than half of what it keeps', () => {
    const size = 2 * MAX_CHILD_CACHE_BYTES;
    let bytes = 0;
    const read = (_: number, length: number) => {
      bytes += length;
      return new Uint8Array(length);
    };
    new PipedDocument({ read }, size, 65_536, () => undefined).readAhead([[0, size]]);
    expect(bytes).toBe(MAX_CHILD_CACHE_BYTES / 2);
  });

  it('never asks for more at once than the parent allows', () => {
    const size = 3 * MAX_CHILD_READ_BYTES;
    const { read, reads } = parent(size);
    new PipedDocument({ read }, size, 65_536, () => undefined).readInto(0, new Uint8Array(size));
    expect(reads.map(([, length]) => length)).toEqual([MAX_CHILD_READ_BYTES, MAX_CHILD_READ_BYTES, MAX_CHILD_READ_BYTES]);
  });

  it('keeps a bounded number of blocks, the last used ones', () => {
    const block = MAX_CHILD_READ_BYTES;
    const size = MAX_CHILD_CACHE_BYTES + 2 * block;
    const reads: number[] = [];
    const read = (offset: number, length: number) => {
      reads.push(offset);
      return new Uint8Array(length);
    };
    const document = new PipedDocument({ read }, size, block, () => undefined);
    const touch = (index: number) => document.readInto(index * block, new Uint8Array(1));
    for (let index = 0; index <= MAX_CHILD_CACHE_BYTES / block; index++) touch(index);
    reads.length = 0;
    touch(1);
    touch(0);
    expect(reads).toEqual([0]);
  });

  it('counts a block as progress the first time alone', () => {
    const { read } = parent(4_096);
    let progress = 0;
    const document = new PipedDocument({ read }, 4_096, 1_024, () => progress++);
    for (let round = 0; round < 3; round++) document.readInto(0, new Uint8Array(4_096));
    expect(progress).toBe(4);
  });

  it('refuses ranges outside the document', () => {
    const document = new PipedDocument(parent(100), 100, 16, () => undefined);
    for (const [offset, length] of [
      [-1, 2],
      [99, 2],
      [Number.NaN, 1],
    ] as const)
      expect(() => document.readInto(offset, new Uint8Array(length))).toThrow(/outside a document/);
  });

  it('remembers that bytes were missing, whatever the library made of it', () => {
    let asked = 0;
    const read = () => {
      asked++;
      throw new PageSwarmError('PIECE_NOT_HERE', 'gone');
    };
    const document = new PipedDocument({ read }, 100, 16, () => undefined);
    expect(() => document.demandAllReadsServed()).not.toThrow();
    expect(() => document.readInto(0, new Uint8Array(1))).toThrow('gone');
    expect(() => document.readInto(50, new Uint8Array(1))).toThrow('gone');
    expect(() => document.demandAllReadsServed()).toThrow('gone');
    expect(asked).toBe(1);
  });
});
