import { describe, expect, it } from '@jest/globals';
import { type IndexRange, PageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { type FetchPieces, PieceCache } from './piece-cache.ts';
import { MAX_PIECES_REQUEST_BYTES, MAX_READ_AHEAD_BYTES, SwarmByteSource } from './swarm-byte-source.ts';

const KIBIBYTE = 1_024;

/** A peer with a document, that keeps what it was asked for. */
function peer(size: number, pieceLength: number) {
  const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) % 256);
  const asked: IndexRange[] = [];
  const fetch: FetchPieces = async function* (run) {
    asked.push(run);
    for (let index = run[0]; index < run[0] + run[1]; index++) yield bytes.slice(index * pieceLength, (index + 1) * pieceLength);
  };
  return { bytes, asked, fetch };
}

const count = (runs: readonly IndexRange[]) => runs.reduce((total, [, pieces]) => total + pieces, 0);

describe('a document that is read from a peer', () => {
  it('gives the bytes of any ranges, in any order and at once', async () => {
    const ranges = fc.array(fc.tuple(fc.nat(9_999), fc.nat(4_000)), { maxLength: 12, size: 'max' });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(64, 512, 4_096), ranges, async (size, pieceLength, wanted) => {
        const { bytes, fetch } = peer(size, pieceLength);
        const source = new SwarmByteSource(new PieceCache(size, pieceLength, fetch, 2_048));
        await Promise.all(
          wanted.map(async ([from, most]) => {
            const offset = from % size;
            const length = Math.min(most, size - offset);
            expect(await source.read(offset, length)).toEqual(bytes.slice(offset, offset + length));
          }),
        );
      }),
    );
  });

  it('asks for the pieces of a range and no others', async () => {
    const { asked, fetch } = peer(1_000 * KIBIBYTE, 16 * KIBIBYTE);
    const source = new SwarmByteSource(new PieceCache(1_000 * KIBIBYTE, 16 * KIBIBYTE, fetch));
    await source.read(500 * KIBIBYTE, 20 * KIBIBYTE);
    await source.read(100 * KIBIBYTE, 1);
    expect(asked).toEqual([
      [31, 2],
      [6, 1],
    ]);
  });

  it('asks for nothing ahead when it is told to, however steadily it is read', async () => {
    const { asked, fetch } = peer(64 * KIBIBYTE, 16 * KIBIBYTE);
    const source = new SwarmByteSource(new PieceCache(64 * KIBIBYTE, 16 * KIBIBYTE, fetch), false);
    for (let offset = 0; offset < 48 * KIBIBYTE; offset += 8 * KIBIBYTE) await source.read(offset, 8 * KIBIBYTE);
    expect(asked).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it('asks for a piece once when several readers want it', async () => {
    const { asked, fetch } = peer(64 * KIBIBYTE, 16 * KIBIBYTE);
    const cache = new PieceCache(64 * KIBIBYTE, 16 * KIBIBYTE, fetch);
    await Promise.all([0, 1, 2].map(() => new SwarmByteSource(cache).read(0, 32 * KIBIBYTE)));
    expect(asked).toEqual([[0, 2]]);
  });

  it('reads ahead of a reader that goes from front to back, and asks for everything once', async () => {
    const size = 16_384 * KIBIBYTE;
    const { bytes, asked, fetch } = peer(size, 16 * KIBIBYTE);
    const source = new SwarmByteSource(new PieceCache(size, 16 * KIBIBYTE, fetch));
    for (let offset = 0; offset < size; offset += 8 * KIBIBYTE)
      expect(Buffer.compare(await source.read(offset, 8 * KIBIBYTE), bytes.subarray(offset, offset + 8 * KIBIBYTE))).toBe(0);
    expect(count(asked)).toBe(1_024);
    expect(asked.length).toBeLessThan(32);
    expect(Math.max(...asked.map(([, pieces]) => pieces))).toBeLessThanOrEqual(MAX_READ_AHEAD_BYTES / (16 * KIBIBYTE) + 1);
  });

  it('stops reading ahead when the reader jumps', async () => {
    const { asked, fetch } = peer(4_096 * KIBIBYTE, 16 * KIBIBYTE);
    const source = new SwarmByteSource(new PieceCache(4_096 * KIBIBYTE, 16 * KIBIBYTE, fetch));
    for (const piece of [0, 1, 2, 100, 50, 200]) await source.read(piece * 16 * KIBIBYTE, 16 * KIBIBYTE);
    expect(asked.slice(-3)).toEqual([
      [100, 1],
      [50, 1],
      [200, 1],
    ]);
  });

  it('makes several requests of a long read', async () => {
    const size = 2 * MAX_PIECES_REQUEST_BYTES;
    const { asked, fetch } = peer(size, 65_536);
    await new SwarmByteSource(new PieceCache(size, 65_536, fetch)).read(0, size);
    expect(asked).toEqual([
      [0, 64],
      [64, 64],
    ]);
  });

  it('keeps no more bytes than it may', async () => {
    const { fetch } = peer(640 * KIBIBYTE, 16 * KIBIBYTE);
    const cache = new PieceCache(640 * KIBIBYTE, 16 * KIBIBYTE, fetch, 64 * KIBIBYTE);
    await new SwarmByteSource(cache).read(0, 640 * KIBIBYTE);
    expect(cache.cachedBytes).toBe(64 * KIBIBYTE);
    expect([cache.has(0), cache.has(39)]).toEqual([false, true]);
  });

  it('fails the pieces that did not come and asks again the next time', async () => {
    const { bytes, fetch } = peer(64 * KIBIBYTE, 16 * KIBIBYTE);
    let broken = true;
    const flaky: FetchPieces = async function* (run, signal) {
      for await (const piece of fetch(run, signal)) {
        if (broken && piece[0] === bytes[32 * KIBIBYTE]) throw new PageSwarmError('CONNECTION_LOST', 'gone');
        yield piece;
      }
    };
    const source = new SwarmByteSource(new PieceCache(64 * KIBIBYTE, 16 * KIBIBYTE, flaky));
    await expect(source.read(0, 64 * KIBIBYTE)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    broken = false;
    expect(await source.read(0, 64 * KIBIBYTE)).toEqual(bytes);
  });

  it.each([
    ['too short', 'PROTOCOL_ERROR', [new Uint8Array(5)]],
    ['too many', 'PROTOCOL_ERROR', [new Uint8Array(16), new Uint8Array(16)]],
    ['missing', 'PIECE_NOT_HERE', []],
  ])('refuses pieces that are %s', async (_name, code, pieces) => {
    const fetch: FetchPieces = async function* () {
      yield* pieces;
    };
    const cache = new PieceCache(64, 16, fetch);
    const read = new SwarmByteSource(cache).read(0, 16);
    if (pieces.length === 2) await read;
    else await expect(read).rejects.toMatchObject({ code });
    expect(cache.has(1)).toBe(false);
  });

  it('takes its orders back, and can be read again', async () => {
    const { bytes, fetch } = peer(64, 16);
    let signalled = false;
    let wait = true;
    const slow: FetchPieces = async function* (run, signal) {
      if (wait) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      signalled ||= signal.aborted;
      yield* fetch(run, signal);
    };
    const cache = new PieceCache(64, 16, slow);
    const source = new SwarmByteSource(cache);
    const read = source.read(0, 16);
    cache.cancelOrders();
    await expect(read).rejects.toMatchObject({ code: 'CANCELLED' });
    wait = false;
    expect(await source.read(0, 16)).toEqual(bytes.slice(0, 16));
    expect(signalled).toBe(true);
  });

  it('refuses ranges outside the document', async () => {
    const source = new SwarmByteSource(new PieceCache(64, 16, peer(64, 16).fetch));
    await expect(source.read(60, 5)).rejects.toThrow(RangeError);
    await expect(source.read(-1, 1)).rejects.toThrow(RangeError);
  });
});
