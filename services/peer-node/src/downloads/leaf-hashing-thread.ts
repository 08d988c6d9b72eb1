import { Worker } from 'node:worker_threads';
import { LEAF_BLOCK_BYTES } from '@pageswarm/primitives';
import { MERKLE_HASH_BYTES } from '@pageswarm/torrent';

/** The heap of such a thread, in mebibytes: it keeps nothing of its own. */
const HASHING_HEAP_MIB = 16;
/** Batches that are with the thread at once: one in work and the next. What comes meanwhile makes a larger one. */
const MAX_BATCHES_UNDER_WAY = 2;

/**
 * The other thread. It is text because a bundle, a test and a source folder have no file of it in common.
 * A batch is pairs of numbers: where a piece begins in the arena, and how long it is. The answer is how many were hashed.
 */
const HASHING = `
const { parentPort, workerData } = require('node:worker_threads');
const { hash } = require('node:crypto');
const { leafBytes, hashBytes } = workerData;
const arena = Buffer.from(workerData.arena);
const leaves = Buffer.from(workerData.leaves);
parentPort.on('message', (places) => {
  for (let n = 0; n < places.length; n += 2) {
    const end = places[n] + places[n + 1];
    let to = (places[n] / leafBytes) * hashBytes;
    for (let at = places[n]; at < end; at += leafBytes, to += hashBytes)
      leaves.write(hash('sha256', arena.subarray(at, Math.min(at + leafBytes, end)), 'binary'), to, 'latin1');
  }
  parentPort.postMessage(places.length / 2);
});
`;

interface WaitingPiece {
  /** Where it begins in the arena. */
  readonly start: number;
  readonly length: number;
  readonly resolve: (leaves: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** Hashes pieces on another thread, which sees the memory that they lie in. */
export class LeafHashingThread {
  private readonly worker: Worker;
  private readonly leaves: SharedArrayBuffer;
  /** Pieces in the order in which they were given: first those that the thread has, then those that go to it next. */
  private readonly waiting: WaitingPiece[] = [];
  private sent = 0;
  private batchesUnderWay = 0;
  private isDue = false;
  private failure: Error | undefined;

  private isUp = false;

  /**
   * @param arena where the pieces lie; each begins at a multiple of 16 KiB
   * @param died called once, if the thread ends and was not closed
   */
  constructor(
    arena: SharedArrayBuffer,
    private readonly died: (error: Error) => void,
  ) {
    this.leaves = new SharedArrayBuffer(Math.ceil(arena.byteLength / LEAF_BLOCK_BYTES) * MERKLE_HASH_BYTES);
    this.worker = new Worker(HASHING, {
      eval: true,
      workerData: { arena, leaves: this.leaves, leafBytes: LEAF_BLOCK_BYTES, hashBytes: MERKLE_HASH_BYTES },
      resourceLimits: { maxOldGenerationSizeMb: HASHING_HEAP_MIB },
    });
    this.worker.unref();
    this.worker.on('message', (hashed: number) => this.hashed(hashed));
    this.worker.on('online', () => {
      this.isUp = true;
    });
    this.worker.on('error', (error) => this.die(error));
    this.worker.on('exit', () => this.die(new Error('The thread that hashes pieces has ended')));
  }

  /** Whether it has started: until then it would only keep pieces waiting. */
  get isOnline(): boolean {
    return this.isUp;
  }

  /**
   * The hashes of the 16 KiB blocks of a piece in the arena, 32 bytes each, valid until that memory is used for another piece.
   * Rejects once the thread has ended.
   */
  leavesOf(piece: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.failure) {
        reject(this.failure);
        return;
      }
      this.waiting.push({ start: piece.byteOffset, length: piece.length, resolve, reject });
      if (this.isDue) return;
      this.isDue = true;
      setImmediate(() => {
        this.isDue = false;
        this.send();
      });
    });
  }

  close(): void {
    this.end(new Error('The thread that hashes pieces was closed'));
    void this.worker.terminate();
  }

  private send(): void {
    if (this.batchesUnderWay >= MAX_BATCHES_UNDER_WAY || this.sent === this.waiting.length || this.failure) return;
    const batch = this.waiting.slice(this.sent);
    this.worker.postMessage(batch.flatMap(({ start, length }) => [start, length]));
    this.sent = this.waiting.length;
    this.batchesUnderWay++;
  }

  private hashed(count: number): void {
    this.batchesUnderWay--;
    this.sent -= count;
    const done = this.waiting.splice(0, count);
    this.send();
    for (const { start, length, resolve } of done) {
      const from = (start / LEAF_BLOCK_BYTES) * MERKLE_HASH_BYTES;
      resolve(new Uint8Array(this.leaves, from, Math.ceil(length / LEAF_BLOCK_BYTES) * MERKLE_HASH_BYTES));
    }
  }

  private die(error: Error): void {
    if (this.failure) return;
    this.end(error);
    this.died(error);
  }

  private end(error: Error): void {
    this.failure ??= error;
    this.sent = 0;
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}
