import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PageSwarmError } from '@pageswarm/primitives';

/** How much of the file is read at a time, in bytes. */
export const FOLLOWER_READ_BYTES = 1_048_576;
/** The heap of such a thread, in mebibytes: it keeps one buffer and nothing else. */
const FOLLOWER_HEAP_MIB = 16;
/** Such a thread gets a tenth of the time of another that wants the same processor: it falls behind, but is never starved. */
const FOLLOWER_NICENESS = 10;

/**
 * The other thread. It is text because a bundle, a test and a source folder have no file of it in common. On Linux a priority belongs
 * to a thread: where processors are scarce, bytes are brought, checked and served first, and their digests follow.
 */
const FOLLOWER = `
const { parentPort, workerData } = require('node:worker_threads');
const { openSync, readSync, closeSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { setPriority } = require('node:os');
if (process.platform === 'linux') {
  try {
    setPriority(0, workerData.niceness);
  } catch {}
}
const hash = createHash(workerData.algorithm);
const buffer = Buffer.allocUnsafeSlow(workerData.readBytes);
const file = openSync(workerData.path, 'r');
let at = 0;
parentPort.on('message', ({ end, isLast }) => {
  while (at < end) {
    const length = readSync(file, buffer, 0, Math.min(buffer.length, end - at), at);
    if (length === 0) throw new Error('the file ends at ' + at);
    hash.update(buffer.subarray(0, length));
    at += length;
  }
  if (!isLast) return;
  closeSync(file);
  parentPort.postMessage(hash.digest('hex'));
});
`;

/** One digest of a growing file, computed on a thread of its own that reads behind the writer. */
export class DigestFollower {
  private readonly worker: Worker;
  private failure: unknown;

  /** @param algorithm as `node:crypto` names it */
  constructor(path: string, algorithm: string) {
    this.worker = new Worker(FOLLOWER, {
      eval: true,
      workerData: { path, algorithm, readBytes: FOLLOWER_READ_BYTES, niceness: FOLLOWER_NICENESS },
      resourceLimits: { maxOldGenerationSizeMb: FOLLOWER_HEAP_MIB },
    });
    this.worker.unref();
    this.worker.on('error', (error) => {
      this.failure = error;
    });
  }

  /** Everything before this offset is in the file. One that is no further than an earlier one says nothing new. */
  upTo(end: number): void {
    this.worker.postMessage({ end, isLast: false });
  }

  /** The digest of the first `size` bytes, in hex. @throws PageSwarmError STORE_FAILED when they cannot be read */
  async finish(size: number): Promise<string> {
    try {
      if (this.failure) throw this.failure;
      const answer = once(this.worker, 'message');
      this.worker.postMessage({ end: size, isLast: true });
      const [digest] = await answer;
      return digest;
    } catch (cause) {
      throw new PageSwarmError('STORE_FAILED', 'The finished file cannot be read', { cause });
    } finally {
      this.close();
    }
  }

  close(): void {
    void this.worker.terminate();
  }
}
