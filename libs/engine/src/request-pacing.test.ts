import { describe, expect, it } from '@jest/globals';
import { Bitfield, documentId, type PeerId } from '@pageswarm/primitives';
import { Download } from './download.ts';
import type { DownloadCommand, DownloadEvent } from './download-events.ts';
import { MIN_IN_FLIGHT_BYTES } from './limits.ts';

const KIB = 1_024;
const PIECE = 16 * KIB;
const PIECES = 2_560;
const HOST = 'a'.repeat(40) as PeerId;

/** A download of 40 MiB from one host: what was asked and has not come yet, oldest first. */
function fromOneHost() {
  const spec = {
    ...{ documentId: documentId('d'.repeat(64)), size: PIECES * PIECE, pieceLength: PIECE, pageCount: 1, strategy: 'adaptive' as const },
    ...{ pieceOwners: new Int32Array(PIECES), closures: [[[0, PIECES]] as [number, number][]], structure: [] },
  };
  const download = new Download(spec, new Bitfield(PIECES));
  const asked: { requestId: number; piece: number }[] = [];
  const apply = (event: DownloadEvent, now: number): void => {
    for (const command of download.apply(event, now) as DownloadCommand[])
      if (command.type === 'request') for (const piece of command.pieces) asked.push({ requestId: command.requestId, piece });
  };
  apply({ type: 'start' }, 0);
  apply({ type: 'hosts-found', hosts: [{ peerId: HOST, address: '127.0.0.1:1', pieces: 'all' }] }, 0);
  apply({ type: 'probed', peerId: HOST, latencyMs: 1 }, 1);
  return {
    bytesAsked: () => asked.length * PIECE,
    /** The next pieces come, all at one time. */
    come: (count: number, now: number) => {
      for (const { requestId, piece } of asked.splice(0, count)) {
        apply({ type: 'piece-arrived', requestId, peerId: HOST, piece, verified: true, bytes: PIECE }, now);
        apply({ type: 'piece-stored', piece }, now);
      }
    },
  };
}

describe('what is asked of a host ahead', () => {
  it('is no more than it has sent and the least, be its first bytes as fast as they like', () => {
    const { bytesAsked, come } = fromOneHost();
    expect(bytesAsked()).toBe(MIN_IN_FLIGHT_BYTES);
    // 64 KiB within a millisecond look like 64 MiB/s.
    come(4, 2);
    expect(bytesAsked()).toBeGreaterThan(MIN_IN_FLIGHT_BYTES);
    expect(bytesAsked()).toBeLessThanOrEqual(MIN_IN_FLIGHT_BYTES + 4 * PIECE + PIECE);
  });

  it('grows with every round trip until it fits the rate', () => {
    const { bytesAsked, come } = fromOneHost();
    const ahead: number[] = [];
    for (let roundTrip = 1; roundTrip <= 5; roundTrip++) {
      come(bytesAsked() / PIECE, 1 + roundTrip);
      ahead.push(bytesAsked() / KIB);
    }
    for (const [index, bytes] of ahead.slice(1).entries()) expect(bytes).toBeGreaterThan(1.5 * (ahead[index] as number));
  });
});
