import { describe, expect, it } from '@jest/globals';
import type { DownloadEvent } from '@pageswarm/engine';
import type { PeerId } from '@pageswarm/primitives';
import { Registry } from 'prom-client';
import { Bandwidth } from '../bandwidth/bandwidth.ts';
import { UNLIMITED } from '../bandwidth/rate-limits.ts';
import { systemClock } from '../clock.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { DownloadMeter } from './download-meter.ts';
import { PieceBuffers } from './piece-buffers.ts';
import { MAX_WAITING_BYTES, PieceReceiver } from './piece-receiver.ts';
import type { PieceVerifier } from './piece-verifier.ts';
import type { RunningDigests } from './running-digests.ts';

const PIECE_BYTES = 1_048_576;
const PIECES = 40;
const turn = () => new Promise((resolve) => setImmediate(resolve));

const isFilled = (bytes: Uint8Array, value: number) => Buffer.alloc(bytes.length, value).equals(bytes);

/** A receiver of a document whose pieces hold one value each, their own number. */
function receiverWith(verify: PieceVerifier['verify'], store: (piece: number, bytes: Uint8Array) => Promise<void>) {
  const document = { id: 'd', have: { has: () => false }, sizeOfPiece: () => PIECE_BYTES, store } as unknown as LocalDocument;
  const events: DownloadEvent[] = [];
  const digests = { verified: () => undefined, stored: () => undefined } as unknown as RunningDigests;
  const receiver = new PieceReceiver(
    document,
    { buffers: new PieceBuffers(PIECE_BYTES), verify },
    new DownloadMeter(new Registry()),
    new Bandwidth(systemClock, UNLIMITED),
    () => digests,
    (event) => events.push(event),
  );
  const receive = (requestId: number, [first, count]: readonly [number, number], body: AsyncIterable<Uint8Array>) =>
    receiver.receive({
      ...{ requestId, peerId: 'a' as PeerId, signal: new AbortController().signal },
      asked: Array.from({ length: count }, (_, index) => first + index),
      head: { pieces: [[first, count]] },
      body,
    });
  return { receive, events };
}

/** A receiver in front of a disk that takes a piece when it is told to. */
function receiverOfSlowDisk() {
  const writes: { readonly piece: number; readonly bytes: Uint8Array; readonly done: () => void }[] = [];
  const { receive: receiveFrom, events } = receiverWith(
    (piece, bytes) => bytes[0] === piece,
    (piece, bytes) => new Promise((resolve) => writes.push({ piece, bytes, done: resolve })),
  );
  let given = 0;
  /** Every chunk is the same memory, as a transport that lends it does. */
  async function* body(first: number, count: number): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(PIECE_BYTES);
    for (let piece = first; piece < first + count; piece++) {
      chunk.fill(piece);
      given += chunk.length;
      yield chunk;
    }
  }
  const receive = (requestId: number, first: number, count: number) => receiveFrom(requestId, [first, count], body(first, count));
  return { receive, writes, events, given: () => given };
}

describe('the piece receiver', () => {
  it('reads no host any further while more than so much waits for the disk, and goes on when the disk has taken some', async () => {
    const { receive, writes, events, given } = receiverOfSlowDisk();
    const received = Promise.all([receive(1, 0, PIECES / 2), receive(2, PIECES / 2, PIECES / 2)]);
    for (let turns = 0; turns < 50; turns++) await turn();
    // Each of the two may have begun its next piece when the limit was crossed.
    expect(given()).toBeGreaterThan(MAX_WAITING_BYTES);
    expect(given()).toBeLessThanOrEqual(MAX_WAITING_BYTES + 4 * PIECE_BYTES);
    const before = given();
    writes.shift()?.done();
    writes.shift()?.done();
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(given()).toBeGreaterThan(before);
    while (events.filter(({ type }) => type === 'piece-stored').length < PIECES) {
      writes.shift()?.done();
      await turn();
    }
    expect(await received).toEqual([true, true]);
  });

  it('keeps what was lent to it only as copies', async () => {
    const { receive, writes } = receiverOfSlowDisk();
    const received = receive(1, 0, 4);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(writes.map(({ piece, bytes }) => [piece, bytes[0]])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    for (const { done } of writes) done();
    expect(await received).toBe(true);
  });
});

describe('the piece receiver, where another thread hashes', () => {
  /** Answers come late, in another order than they were asked for; the disk takes everything. */
  function receiverOfLateVerdicts() {
    const stored = new Map<number, boolean>();
    let asked = 0;
    const { receive, events } = receiverWith(
      async (piece, bytes) => {
        for (let turns = (asked++ * 7) % 5; turns >= 0; turns--) await turn();
        return isFilled(bytes, piece);
      },
      async (piece, bytes) => {
        await turn();
        stored.set(piece, isFilled(bytes, piece));
      },
    );
    return { receive, stored, events };
  }

  async function* filled(values: readonly number[], failure?: Error): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(PIECE_BYTES);
    for (const value of values) yield chunk.fill(value);
    if (failure) throw failure;
  }
  const from = (first: number, count: number) => Array.from({ length: count }, (_, index) => first + index);

  it('stores what was sent, of several hosts at once, though the memory of each chunk is used again', async () => {
    const { receive, stored, events } = receiverOfLateVerdicts();
    const whole = await Promise.all([0, 1, 2, 3].map((host) => receive(host, [host * 10, 10], filled(from(host * 10, 10)))));
    expect(whole).toEqual([true, true, true, true]);
    expect([...stored].sort(([a], [b]) => a - b)).toEqual(from(0, PIECES).map((piece) => [piece, true]));
    expect(events.filter((event) => event.type === 'piece-arrived' && !event.verified)).toEqual([]);
  });

  it('tells whose piece was wrong, and stores the others', async () => {
    const { receive, stored, events } = receiverOfLateVerdicts();
    await receive(7, [0, 3], filled([0, 9, 2]));
    expect([...stored.keys()].sort()).toEqual([0, 2]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'piece-arrived', requestId: 7, piece: 1, verified: false }));
  });

  it('tells of all pieces that came whole before it says that the host broke off', async () => {
    const { receive, events } = receiverOfLateVerdicts();
    await expect(receive(1, [0, 4], filled([0, 1, 2], new Error('broken off')))).rejects.toThrow('broken off');
    expect(events.filter(({ type }) => type === 'piece-arrived')).toHaveLength(3);
  });
});
