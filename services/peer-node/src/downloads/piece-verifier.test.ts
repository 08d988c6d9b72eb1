import { hash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LocalDocument } from '../library/local-document.ts';
import { LeafHashingThread } from './leaf-hashing-thread.ts';
import { MIN_HASHED_APART_BYTES, PieceVerifier } from './piece-verifier.ts';

const PIECE = 16_384;
const LARGE = MIN_HASHED_APART_BYTES;

describe('the piece verifier', () => {
  const verifiers: PieceVerifier[] = [];
  afterEach(() => {
    for (const verifier of verifiers.splice(0)) verifier.close();
  });

  /** Of a document each of whose pieces holds one value, its own number. */
  function verifierOf(size: number) {
    const asked = { here: 0, apart: 0 };
    const rightLeaf = (piece: number) => hash('sha256', new Uint8Array(PIECE).fill(piece), 'buffer');
    const document = {
      record: { size, pieceLength: PIECE },
      verifies: (piece: number, bytes: Uint8Array) => {
        asked.here++;
        return bytes.every((byte) => byte === piece);
      },
      verifiesLeaves: (piece: number, leaves: Uint8Array) => {
        asked.apart++;
        return rightLeaf(piece).equals(leaves);
      },
    } as unknown as LocalDocument;
    const verifier = new PieceVerifier(document);
    verifiers.push(verifier);
    const pieceOf = (value: number) => verifier.buffers.take(PIECE).fill(value);
    return { verifier, pieceOf, asked };
  }

  it('answers at once for a small document', () => {
    const { verifier, pieceOf } = verifierOf(LARGE - 1);
    expect(verifier.verify(1, pieceOf(1))).toBe(true);
    expect(verifier.verify(1, pieceOf(2))).toBe(false);
  });

  it('lets another thread hash the pieces of a large one', async () => {
    const { verifier, pieceOf, asked } = verifierOf(LARGE);
    const verdicts = [verifier.verify(1, pieceOf(1)), verifier.verify(1, pieceOf(2)), verifier.verify(3, pieceOf(3))];
    expect(verdicts.every((verdict) => verdict instanceof Promise)).toBe(true);
    expect(await Promise.all(verdicts)).toEqual([true, false, true]);
    expect(asked).toEqual({ here: 0, apart: 3 });
  });

  it('answers at once where the memory that both threads see does not reach', () => {
    const { verifier } = verifierOf(LARGE);
    expect(verifier.verify(4, new Uint8Array(PIECE).fill(4))).toBe(true);
  });

  it('answers itself for what it was asked before it was closed, and has another thread for what comes later', async () => {
    const { verifier, pieceOf, asked } = verifierOf(LARGE);
    const verdicts = [verifier.verify(1, pieceOf(1)), verifier.verify(1, pieceOf(2))];
    verifier.close();
    expect(await Promise.all(verdicts)).toEqual([true, false]);
    expect(asked).toEqual({ here: 2, apart: 0 });
    expect(await verifier.verify(3, pieceOf(3))).toBe(true);
    expect(asked).toEqual({ here: 2, apart: 1 });
  });

  it('answers itself from then on when the thread has died', async () => {
    const { verifier, pieceOf, asked } = verifierOf(LARGE);
    const { hashing } = verifier as unknown as { hashing?: LeafHashingThread };
    expect(hashing).toBeUndefined();
    const first = verifier.verify(1, pieceOf(1));
    const thread = (verifier as unknown as { hashing: { worker: { terminate(): Promise<number> } } }).hashing;
    expect(thread).toBeInstanceOf(LeafHashingThread);
    await thread.worker.terminate();
    expect(await first).toBe(true);
    expect(verifier.verify(1, pieceOf(2))).toBe(false);
    expect(asked.here + asked.apart).toBe(2);
  });
});
