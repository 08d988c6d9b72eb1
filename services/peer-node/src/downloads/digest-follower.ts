import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { PageSwarmError } from '@pageswarm/primitives';
import type { FileDigests } from './running-digests.ts';

/** How much of the file is read at a time, in bytes. */
export const FOLLOWER_READ_BYTES = 1_048_576;

/** The other thread. It is text because a bundle, a test and a source folder have no file of it in common. */
const FOLLOWER = `
const { parentPort, workerData } = require('node:worker_threads');
const { openSync, readSync, closeSync } = require('node:fs');
const { createHash } = require('node:crypto');
const [md5, sha256] = [createHash('md5'), createHash('sha256')];
const buffer = Buffer.allocUnsafe(workerData.readBytes);
const file = openSync(workerData.path, 'r');
let at = 0;
parentPort.on('message', ({ end, isLast }) => {
  while (at < end) {
    const length = readSync(file, buffer, 0, Math.min(buffer.length, end - at), at);
    if (length === 0) throw new Error('the file ends at ' + at);
    const part = buffer.subarray(0, length);
    md5.update(part);
    sha256.update(part);
    at += length;
  }
  if (!isLast) return;
  closeSync(file);
  parentPort.postMessage({ md5: md5.digest('hex'), sha256: sha256.digest('hex') });
});
`;

/** The digests of a growing file, computed on a thread of its own that reads behind the writer. */
export class DigestFollower {
  private readonly worker: Worker;
  private failure: unknown;

  constructor(path: string) {
    this.worker = new Worker(FOLLOWER, { eval: true, workerData: { path, readBytes: FOLLOWER_READ_BYTES } });
    this.worker.unref();
    this.worker.on('error', (error) => {
      this.failure = error;
    });
  }

  /** Everything before this offset is in the file. */
  upTo(end: number): void {
    this.worker.postMessage({ end, isLast: false });
  }

  /** The digests of the first `size` bytes. @throws PageSwarmError STORE_FAILED when they cannot be read */
  async finish(size: number): Promise<FileDigests> {
    try {
      if (this.failure) throw this.failure;
      const answer = once(this.worker, 'message');
      this.worker.postMessage({ end: size, isLast: true });
      const [digests] = await answer;
      return digests;
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
