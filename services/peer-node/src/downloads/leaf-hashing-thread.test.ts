import { hash } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SeededRandom, shuffled } from '@pageswarm/primitives';
import { LeafHashingThread } from './leaf-hashing-thread.ts';

const LEAF = 16_384;
const PIECE = 4 * LEAF;
const PIECES = 50;

function leavesOf(bytes: Uint8Array): Buffer {
  const leaves: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += LEAF) leaves.push(hash('sha256', bytes.subarray(at, at + LEAF), 'buffer'));
  return Buffer.concat(leaves);
}

const workerOf = (thread: LeafHashingThread) => (thread as unknown as { worker: Worker }).worker;

describe('the thread that hashes pieces', () => {
  const threads: LeafHashingThread[] = [];
  afterEach(() => {
    for (const thread of threads.splice(0)) thread.close();
  });

  function hashing() {
    const arena = new SharedArrayBuffer(PIECES * PIECE);
    const random = new SeededRandom(5);
    const memory = Buffer.from(arena);
    for (let at = 0; at < memory.length; at += 4) memory.writeUInt32LE(Math.floor(random.next() * 2 ** 32), at);
    const deaths: Error[] = [];
    const thread = new LeafHashingThread(arena, (error) => deaths.push(error));
    threads.push(thread);
    return { deaths, thread, pieceAt: (place: number, length = PIECE) => Buffer.from(arena, place * PIECE, length) };
  }

  it('finds the hashes of all blocks, whatever comes in whatever order', async () => {
    const { thread, pieceAt } = hashing();
    const order = shuffled(
      new SeededRandom(6),
      Array.from({ length: PIECES }, (_, place) => place),
    );
    await Promise.all(
      order.map(async (place, turn) => {
        for (let wait = 0; wait < turn % 5; wait++) await new Promise((resolve) => setImmediate(resolve));
        const piece = pieceAt(place, place % 7 === 0 ? LEAF + place + 1 : PIECE);
        expect(Buffer.from(await thread.leavesOf(piece))).toEqual(leavesOf(piece));
      }),
    );
  });

  it('rejects what it has not answered when it is closed, and what comes later', async () => {
    const { thread, pieceAt, deaths } = hashing();
    const waiting = thread.leavesOf(pieceAt(0));
    thread.close();
    await expect(waiting).rejects.toThrow('closed');
    await expect(thread.leavesOf(pieceAt(1))).rejects.toThrow('closed');
    await workerOf(thread).terminate();
    expect(deaths).toEqual([]);
  });

  it('rejects what it has not answered when it dies, and says so once', async () => {
    const { thread, pieceAt, deaths } = hashing();
    expect(thread.isOnline).toBe(false);
    await thread.leavesOf(pieceAt(0));
    expect(thread.isOnline).toBe(true);
    const waiting = [thread.leavesOf(pieceAt(1)), thread.leavesOf(pieceAt(2))];
    const answers = Promise.allSettled(waiting);
    await workerOf(thread).terminate();
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(thread.leavesOf(pieceAt(3))).rejects.toThrow('has ended');
    expect(deaths).toHaveLength(1);
  });
});
