import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import { MAX_EVENT_STREAMS, MAX_UNREAD_BYTES, type ServerSentEvent, sendEventStream } from './event-stream.ts';

/** A reply whose reader reads nothing unless it is told to. */
class FakeReply {
  isHijacked = false;
  readonly raw = Object.assign(new PassThrough({ highWaterMark: 1 }), { writeHead: () => undefined });

  constructor(
    readonly server: object,
    readonly request: { method: string } = { method: 'GET' },
  ) {}

  hijack(): void {
    this.isHijacked = true;
  }

  /** Sends its stream; gives what its events are sent with. */
  open(onLeft: () => void = () => undefined): (event: ServerSentEvent) => void {
    let sender: (event: ServerSentEvent) => void = () => undefined;
    sendEventStream(this as unknown as FastifyReply, (send) => {
      sender = send;
      return onLeft;
    });
    return sender;
  }
}

const left = (reply: FakeReply): Promise<void> => new Promise((resolve) => void reply.raw.once('close', resolve));

describe('event streams', () => {
  it('are 1,024 of one service at most: one more is refused before anything is sent, and taken when a reader has left', async () => {
    const [server, other] = [{}, {}];
    const replies = Array.from({ length: MAX_EVENT_STREAMS }, () => new FakeReply(server));
    for (const reply of replies) reply.open();
    const refused = new FakeReply(server);
    expect(() => refused.open()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(refused.isHijacked).toBe(false);
    new FakeReply(other).open();
    new FakeReply(server, { method: 'HEAD' }).open();
    const [first] = replies as [FakeReply];
    first.raw.destroy();
    await left(first);
    new FakeReply(server).open();
    expect(() => refused.open()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    for (const reply of replies) reply.raw.destroy();
  });

  it('let a reader go that does not read, once 4 MiB wait for it', async () => {
    const reply = new FakeReply({});
    let isLeft = false;
    const send = reply.open(() => {
      isLeft = true;
    });
    const event = { type: 'page', data: 'x'.repeat(1_000_000) };
    let sent = 0;
    for (; !reply.raw.destroyed && sent < 10; sent++) send(event);
    expect(sent).toBe(Math.ceil(MAX_UNREAD_BYTES / 1_000_000) + 1);
    await left(reply);
    expect(isLeft).toBe(true);
  });
});
