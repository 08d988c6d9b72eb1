import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { type DocumentPieces, FileStore, MemoryStore } from '@pageswarm/piece-store';
import { Bitfield, type DocumentId, SeededRandom, shuffled } from '@pageswarm/primitives';
import fc from 'fast-check';
import type { LocalDocument } from '../library/local-document.ts';
import { DigestFollower } from './digest-follower.ts';
import {
  FOLLOW_STEP_BYTES,
  MANY_PROCESSORS,
  MAX_MD5_TRAILING_BYTES,
  MAX_SHA256_TRAILING_BYTES,
  MIN_FOLLOWED_BYTES,
  RunningDigests,
} from './running-digests.ts';

const PIECE = 16_384;
/** Some disks take long to sync 32 MiB beside other work. */
const LARGE_LIMIT_MS = 30_000;
const digestsOf = (bytes: Uint8Array) => ({
  md5: createHash('md5').update(bytes).digest('hex'),
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

async function partialDocument(bytes: Uint8Array): Promise<{ document: LocalDocument; reads: () => number }> {
  const id = createHash('sha256').update(bytes).digest('hex') as DocumentId;
  const store = new MemoryStore();
  const pieces = await store.open({ documentId: id, name: 'a.pdf', size: bytes.length, pieceLength: PIECE });
  let reads = 0;
  const counted = new Proxy(pieces, {
    get: (target, name) => {
      if (name === 'read') reads++;
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as DocumentPieces;
  const document = { record: { size: bytes.length, pieceLength: PIECE }, pieces: counted, have: pieces.have } as unknown as LocalDocument;
  return { document, reads: () => reads };
}

async function arrive(digests: RunningDigests, document: LocalDocument, bytes: Uint8Array, piece: number): Promise<void> {
  const part = bytes.slice(piece * PIECE, (piece + 1) * PIECE);
  digests.verified(piece, part);
  await document.pieces.write(piece, part);
  part.fill(0);
  digests.stored();
}

describe('the digests of a large document while it arrives', () => {
  const bytes = Buffer.alloc(MIN_FOLLOWED_BYTES + 12_345, 'PageSwarm, by and by');
  const pieceLength = 1_048_576;
  const pieces = Math.ceil(bytes.length / pieceLength);

  async function inFolder(test: (document: LocalDocument, store: FileStore) => Promise<void>): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'pageswarm-digests-'));
    const store = new FileStore({ directory });
    const opened = await store.open({ documentId: 'a'.repeat(64) as DocumentId, name: 'a.pdf', size: bytes.length, pieceLength });
    await test({ record: { size: bytes.length, pieceLength }, pieces: opened, have: opened.have } as unknown as LocalDocument, store);
    await store.close();
    await rm(directory, { recursive: true });
  }

  it(
    'are read behind the writer, on threads of their own',
    () =>
      inFolder(async (document) => {
        const upTo = jest.spyOn(DigestFollower.prototype, 'upTo');
        const digests = new RunningDigests(document, MANY_PROCESSORS);
        for (const piece of shuffled(
          new SeededRandom(3),
          Array.from({ length: pieces }, (_, index) => index),
        )) {
          await document.pieces.write(piece, bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength));
          digests.stored();
        }
        expect(new Set(upTo.mock.contexts).size).toBe(2);
        upTo.mockRestore();
        expect(await digests.finish()).toEqual(digestsOf(bytes));
      }),
    LARGE_LIMIT_MS,
  );

  it('say that the disk is in the way when the file is gone, and leave no thread', () =>
    inFolder(async (document) => {
      await rm(document.pieces.bytesPath as string);
      const digests = new RunningDigests(document);
      await expect(digests.finish()).rejects.toMatchObject({ code: 'STORE_FAILED' });
      digests.close();
    }));
});

describe('the threads of the digests', () => {
  const pieceLength = FOLLOW_STEP_BYTES;
  const size = 2 * MAX_SHA256_TRAILING_BYTES;

  /** How far md5 and SHA-256 were told to come once all is here. */
  function toldTo(processors: number, isBusy: () => boolean): number[] {
    const upTo = jest.spyOn(DigestFollower.prototype, 'upTo').mockImplementation(() => {});
    const have = new Bitfield(size / pieceLength);
    const pieces = { bytesPath: '/nowhere' } as DocumentPieces;
    const digests = new RunningDigests({ record: { size, pieceLength }, have, pieces } as LocalDocument, processors, {
      get isBusy() {
        return isBusy();
      },
    });
    for (let piece = 0; piece < have.size; piece++) {
      have.set(piece);
      digests.stored();
    }
    digests.close();
    const followers = [...new Set(upTo.mock.contexts)];
    const told = followers.map((follower) =>
      Math.max(...upTo.mock.calls.flatMap(([end], call) => (upTo.mock.contexts[call] === follower ? [end] : []))),
    );
    upTo.mockRestore();
    return told;
  }

  it('let pieces go first where processors are few and the pieces need them', () => {
    expect(toldTo(MANY_PROCESSORS - 1, () => true)).toEqual([size - MAX_MD5_TRAILING_BYTES, size - MAX_SHA256_TRAILING_BYTES]);
  });

  it('keep up where nobody waits for a processor', () => {
    expect(toldTo(MANY_PROCESSORS, () => true)).toEqual([size, size]);
    expect(toldTo(MANY_PROCESSORS - 1, () => false)).toEqual([size, size]);
  });

  it('keep up as soon as the pieces need the processors no more', () => {
    let looks = 0;
    expect(toldTo(MANY_PROCESSORS - 1, () => ++looks < size / FOLLOW_STEP_BYTES)).toEqual([size, size]);
  });
});

describe('the digests of a document while it arrives', () => {
  const bytes = Uint8Array.from({ length: 10 * PIECE + 77 }, (_, index) => (index * 31) % 251);
  const expected = digestsOf(bytes);
  const order = Array.from({ length: 11 }, (_, piece) => piece);

  it('read nothing back of what comes in order', async () => {
    const { document, reads } = await partialDocument(bytes);
    const digests = new RunningDigests(document);
    for (const piece of order) await arrive(digests, document, bytes, piece);
    expect(await digests.finish()).toEqual(expected);
    expect(reads()).toBe(0);
  });

  it('begin with what an earlier run left on the disk', async () => {
    const { document } = await partialDocument(bytes);
    for (const piece of [0, 1, 2]) await document.pieces.write(piece, bytes.slice(piece * PIECE, (piece + 1) * PIECE));
    const digests = new RunningDigests(document);
    for (const piece of order.slice(3)) await arrive(digests, document, bytes, piece);
    expect(await digests.finish()).toEqual(expected);
  });

  it('are those of the file in whatever order the pieces come, also twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, atOnce) => {
        const { document } = await partialDocument(bytes);
        const digests = new RunningDigests(document);
        const arrivals: Promise<void>[] = [];
        for (const piece of shuffled(new SeededRandom(seed), [...order, ...order.slice(2, 5)])) {
          const arrival = arrive(digests, document, bytes, piece);
          arrivals.push(arrival);
          if (!atOnce) await arrival;
        }
        await Promise.all(arrivals);
        expect(await digests.finish()).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
