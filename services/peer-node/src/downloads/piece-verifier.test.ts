import { hash } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Logger } from '@pageswarm/observability';
import { waitUntil } from '@pageswarm/testing';
import type { LocalDocument } from '../library/local-document.ts';
import { HASHED_FIRST_BYTES, MIN_HASHED_APART_BYTES, PieceVerifier } from './piece-verifier.ts';

const PIECE = 262_144;
const LEAF = 16_384;
const LARGE = MIN_HASHED_APART_BYTES;
const START_LIMIT_MS = 10_000;
const threadOf = (verifier: PieceVerifier) => (verifier as unknown as { hashing?: { worker: Worker } }).hashing;

describe('the piece verifier', () => {
  const verifiers: PieceVerifier[] = [];
  afterEach(() => {
    for (const verifier of verifiers.splice(0)) verifier.close();
  });

  /** Of a document each of whose pieces holds one value, its own number. */
  function verifierOf(size: number) {
    const asked = { here: 0, apart: 0 };
    const filled = (value: number, length: number) => Buffer.alloc(length, value);
    const leavesOf = (piece: number) => Buffer.concat(new Array(PIECE / LEAF).fill(hash('sha256', filled(piece, LEAF), 'buffer')));
    const document = {
      record: { size, pieceLength: PIECE },
      verifies: (piece: number, bytes: Uint8Array) => {
        asked.here++;
        return filled(piece, bytes.length).equals(bytes);
      },
      verifiesLeaves: (piece: number, leaves: Uint8Array) => {
        asked.apart++;
        return leavesOf(piece).equals(leaves);
      },
    } as unknown as LocalDocument;
    const warnings: unknown[] = [];
    const verifier = new PieceVerifier(document, { warn: (facts: unknown) => warnings.push(facts) } as unknown as Logger);
    verifiers.push(verifier);
    const pieceOf = (value: number) => verifier.buffers.take(PIECE).fill(value);
    const verifyOne = () => {
      const piece = pieceOf(1);
      const verdict = verifier.verify(1, piece);
      // What the other thread still reads must not be written to.
      if (verdict === true) verifier.buffers.give(piece);
      return verdict;
    };
    /** Everything that comes first has come, and the other thread is there. */
    const started = async () => {
      for (let bytes = 0; bytes < HASHED_FIRST_BYTES; bytes += PIECE) void verifyOne();
      await waitUntil('another thread', START_LIMIT_MS, () => verifyOne() instanceof Promise);
      Object.assign(asked, { here: 0, apart: 0 });
    };
    return { verifier, pieceOf, verifyOne, started, asked, warnings };
  }

  it('answers at once for a small document, however much comes', () => {
    const { verifier, pieceOf, verifyOne } = verifierOf(LARGE - 1);
    for (let bytes = 0; bytes < 2 * HASHED_FIRST_BYTES; bytes += PIECE) void verifyOne();
    expect(threadOf(verifier)).toBeUndefined();
    expect(verifier.verify(1, pieceOf(1))).toBe(true);
    expect(verifier.verify(1, pieceOf(2))).toBe(false);
  });

  it('answers at once for what comes first of a large one: a page must not wait for a thread that starts', () => {
    const { verifier, verifyOne } = verifierOf(LARGE);
    for (let bytes = 0; bytes < HASHED_FIRST_BYTES; bytes += PIECE) expect(verifyOne()).toBe(true);
    expect(threadOf(verifier)).toBeUndefined();
    // With the next piece it is started, which that piece does not wait for either.
    expect(verifyOne()).toBe(true);
    expect(threadOf(verifier)).toBeDefined();
  });

  it('lets another thread hash the rest', async () => {
    const { verifier, pieceOf, started, asked } = verifierOf(LARGE);
    await started();
    const verdicts = [verifier.verify(1, pieceOf(1)), verifier.verify(1, pieceOf(2)), verifier.verify(3, pieceOf(3))];
    expect(verdicts.every((verdict) => verdict instanceof Promise)).toBe(true);
    expect(await Promise.all(verdicts)).toEqual([true, false, true]);
    expect(asked.here).toBe(0);
  });

  it('answers at once where the memory that both threads see does not reach', async () => {
    const { verifier, started } = verifierOf(LARGE);
    await started();
    expect(verifier.verify(4, new Uint8Array(PIECE).fill(4))).toBe(true);
  });

  it('answers itself for what it was asked before it was closed, and has another thread for what comes later', async () => {
    const { verifier, pieceOf, started, asked } = verifierOf(LARGE);
    await started();
    const verdicts = [verifier.verify(1, pieceOf(1)), verifier.verify(1, pieceOf(2))];
    verifier.close();
    expect(await Promise.all(verdicts)).toEqual([true, false]);
    expect(asked.here).toBeGreaterThanOrEqual(2);
    await started();
  });

  it('answers itself from then on when the thread has died, and tells it once', async () => {
    const { verifier, pieceOf, started, warnings } = verifierOf(LARGE);
    await started();
    const waiting = [verifier.verify(1, pieceOf(1)), verifier.verify(1, pieceOf(2))];
    await threadOf(verifier)?.worker.terminate();
    expect(await Promise.all(waiting)).toEqual([true, false]);
    expect(verifier.verify(1, pieceOf(2))).toBe(false);
    expect(threadOf(verifier)).toBeUndefined();
    expect(warnings).toEqual([expect.objectContaining({ err: expect.any(Error) })]);
  });
});
