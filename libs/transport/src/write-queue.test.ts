import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { FrameDecoder, FrameType } from '@pageswarm/wire';
import { NO_METRICS } from './index.ts';
import { WriteQueue } from './write-queue.ts';

/** A socket that remembers what was written, and says that it was sent when it is told to. */
class SlowSocket {
  readonly written: Buffer[] = [];
  private readonly callbacks: (() => void)[] = [];

  cork(): void {}
  uncork(): void {}

  write(bytes: Buffer, sent?: () => void): boolean {
    // What was sent may be overwritten, so it is copied as a kernel would.
    this.written.push(Buffer.from(bytes));
    if (sent) this.callbacks.push(sent);
    return true;
  }

  sendAll(): void {
    for (const sent of this.callbacks.splice(0)) sent();
  }

  get bytes(): number {
    return this.written.reduce((sum, { length }) => sum + length, 0);
  }

  get streamIds(): number[] {
    const ids: number[] = [];
    const decoder = new FrameDecoder({ frame: (_type, _flags, streamId) => ids.push(streamId), dataStart() {}, dataChunk() {} });
    for (const bytes of this.written) decoder.push(bytes);
    return ids;
  }
}

const JSON_TEXT = JSON.stringify({ text: 'x'.repeat(200) });
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const odd = (count: number): number[] => Array.from({ length: count }, (_, index) => index * 2 + 1);

function queueOn(socket: SlowSocket): WriteQueue {
  return new WriteQueue(socket as unknown as Socket, NO_METRICS, () => {});
}

describe('what a connection sends', () => {
  it('leaves together at the end of the turn when it is little', async () => {
    const socket = new SlowSocket();
    const queue = queueOn(socket);
    for (const streamId of odd(3)) queue.control(FrameType.REQUEST, 0, streamId, 0, JSON_TEXT);
    expect(socket.written).toHaveLength(0);
    await nextTurn();
    expect(socket.written).toHaveLength(1);
    expect(socket.streamIds).toEqual(odd(3));
  });

  it('begins to leave after 4 KiB, so that the other end can begin, and keeps its order', async () => {
    const socket = new SlowSocket();
    const queue = queueOn(socket);
    for (const streamId of odd(100)) queue.control(FrameType.REQUEST, 0, streamId, 0, JSON_TEXT);
    const early = socket.written.length;
    expect(early).toBeGreaterThan(3);
    for (const { length } of socket.written) expect(length).toBeGreaterThanOrEqual(4_096);
    await nextTurn();
    expect(socket.written.length).toBe(early + 1);
    expect(socket.streamIds).toEqual(odd(100));
  });

  it('waits here once the socket holds 256 KiB, and in memory that was not sent yet nothing is overwritten', async () => {
    const socket = new SlowSocket();
    const queue = queueOn(socket);
    for (const streamId of odd(3_000)) queue.control(FrameType.REQUEST, 0, streamId, 0, JSON_TEXT);
    await nextTurn();
    expect(socket.bytes).toBeGreaterThanOrEqual(262_144);
    expect(socket.bytes).toBeLessThan(262_144 + 8_192);
    expect(queue.queuedBytes).toBeGreaterThan(600_000);
    while (queue.queuedBytes > 0) {
      socket.sendAll();
      await nextTurn();
    }
    expect(socket.streamIds).toEqual(odd(3_000));
  });
});
