import { PageSwarmError } from '@pageswarm/primitives';
import type { FastifyReply } from 'fastify';

/** The most event streams that one service sends at once, of all kinds: each costs memory and a part of every event. */
export const MAX_EVENT_STREAMS = 1_024;
/** How often a silent event stream sends a comment so that proxies keep it open, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;

export interface ServerSentEvent {
  readonly type: string;
  readonly id?: string;
  readonly data: unknown;
}

/** Readers by the server that they are connected to. */
const readers = new WeakMap<object, number>();

/**
 * Sends server-sent events (HTML standard, section 9.2) until the reader goes away.
 * @param subscribe called with a sender; returns how to stop
 * @throws PageSwarmError LIMIT_EXCEEDED if the service has {@link MAX_EVENT_STREAMS} already; nothing was sent then
 */
export function sendEventStream(
  reply: FastifyReply,
  subscribe: (send: (event: ServerSentEvent) => void, end: () => void) => () => void,
): void {
  const { raw, server } = reply;
  const others = readers.get(server) ?? 0;
  // HEAD asks for the head alone; a stream that nobody may write to would stay open for nothing.
  const isHead = reply.request.method === 'HEAD';
  if (!isHead && others >= MAX_EVENT_STREAMS)
    throw new PageSwarmError('LIMIT_EXCEEDED', `This service has ${MAX_EVENT_STREAMS} event streams already`);
  reply.hijack();
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  if (isHead) return void raw.end();
  readers.set(server, others + 1);
  raw.write(': open\n\n');
  const keepAlive = setInterval(() => raw.write(': still here\n\n'), KEEP_ALIVE_MS);
  keepAlive.unref();
  const unsubscribe = subscribe(
    ({ type, id, data }) => {
      // A reader that does not read is let go instead of being buffered for.
      if (raw.writableLength > MAX_UNREAD_BYTES) return void raw.destroy();
      raw.write(`${id ? `id: ${id}\n` : ''}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    () => raw.end(),
  );
  raw.once('close', () => {
    clearInterval(keepAlive);
    readers.set(server, (readers.get(server) ?? 1) - 1);
    unsubscribe();
  });
}

/** Bytes that wait for a slow reader of an event stream before it is let go. */
export const MAX_UNREAD_BYTES = 4_194_304;
