import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { type DocumentPieces, MemoryStore } from '@pageswarm/piece-store';
import { type DocumentId, SeededRandom, shuffled } from '@pageswarm/primitives';
import fc from 'fast-check';
import type { LocalDocument } from '../library/local-document.ts';
import { RunningMd5 } from './running-md5.ts';

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
