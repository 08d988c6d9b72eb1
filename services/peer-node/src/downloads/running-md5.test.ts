import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type DocumentPieces, FileStore, MemoryStore } from '@pageswarm/piece-store';
import { type DocumentId, SeededRandom, shuffled } from '@pageswarm/primitives';
import fc from 'fast-check';
import type { LocalDocument } from '../library/local-document.ts';
import { MIN_FOLLOWED_BYTES, RunningMd5 } from './running-md5.ts';

const PIECE = 16_384;

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

async function arrive(md5: RunningMd5, document: LocalDocument, bytes: Uint8Array, piece: number): Promise<void> {
  const part = bytes.slice(piece * PIECE, (piece + 1) * PIECE);
  md5.verified(piece, part);
  await document.pieces.write(piece, part);
  part.fill(0);
  md5.stored();
}

describe('the md5 of a large document while it arrives', () => {
  const bytes = Buffer.alloc(MIN_FOLLOWED_BYTES + 12_345, 'PageSwarm, by and by');
  const pieceLength = 1_048_576;
  const pieces = Math.ceil(bytes.length / pieceLength);

  async function inFolder(test: (document: LocalDocument, store: FileStore) => Promise<void>): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'pageswarm-md5-'));
    const store = new FileStore({ directory });
    const opened = await store.open({ documentId: 'a'.repeat(64) as DocumentId, name: 'a.pdf', size: bytes.length, pieceLength });
    await test({ record: { size: bytes.length, pieceLength }, pieces: opened, have: opened.have } as unknown as LocalDocument, store);
    await store.close();
    await rm(directory, { recursive: true });
  }

  it('is read behind the writer, on a thread of its own', () =>
    inFolder(async (document) => {
      const md5 = new RunningMd5(document);
      for (const piece of shuffled(
        new SeededRandom(3),
        Array.from({ length: pieces }, (_, index) => index),
      )) {
        await document.pieces.write(piece, bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength));
        md5.stored();
      }
      expect(await md5.finish()).toBe(createHash('md5').update(bytes).digest('hex'));
    }));

  it('says that the disk is in the way when the file is gone, and leaves no thread', () =>
    inFolder(async (document) => {
      await rm(document.pieces.bytesPath as string);
      const md5 = new RunningMd5(document);
      await expect(md5.finish()).rejects.toMatchObject({ code: 'STORE_FAILED' });
      md5.close();
    }));
});

describe('the md5 of a document while it arrives', () => {
  const bytes = Uint8Array.from({ length: 10 * PIECE + 77 }, (_, index) => (index * 31) % 251);
  const expected = createHash('md5').update(bytes).digest('hex');
  const order = Array.from({ length: 11 }, (_, piece) => piece);

  it('reads nothing back of what comes in order', async () => {
    const { document, reads } = await partialDocument(bytes);
    const md5 = new RunningMd5(document);
    for (const piece of order) await arrive(md5, document, bytes, piece);
    expect(await md5.finish()).toBe(expected);
    expect(reads()).toBe(0);
  });

  it('begins with what an earlier run left on the disk', async () => {
    const { document } = await partialDocument(bytes);
    for (const piece of [0, 1, 2]) await document.pieces.write(piece, bytes.slice(piece * PIECE, (piece + 1) * PIECE));
    const md5 = new RunningMd5(document);
    for (const piece of order.slice(3)) await arrive(md5, document, bytes, piece);
    expect(await md5.finish()).toBe(expected);
  });

  it('is that of the file in whatever order the pieces come, also twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, atOnce) => {
        const { document } = await partialDocument(bytes);
        const md5 = new RunningMd5(document);
        const arrivals: Promise<void>[] = [];
        for (const piece of shuffled(new SeededRandom(seed), [...order, ...order.slice(2, 5)])) {
          const arrival = arrive(md5, document, bytes, piece);
          arrivals.push(arrival);
          if (!atOnce) await arrival;
        }
        await Promise.all(arrivals);
        expect(await md5.finish()).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });
});
