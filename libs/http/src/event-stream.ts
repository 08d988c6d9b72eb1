import type { FastifyReply } from 'fastify';

/** How often a silent event stream sends a comment so that proxies keep it open, in milliseconds. */
const KEEP_ALIVE_MS = 15_000;

export interface ServerSentEvent {
  readonly type: string;
  readonly id?: string;
  readonly data: unknown;
}

/**
 * Sends server-sent events (HTML standard, section 9.2) until the reader goes away.
 * @param subscribe called with a sender; returns how to stop
 */
export function sendEventStream(
  reply: FastifyReply,
  subscribe: (send: (event: ServerSentEvent) => void, end: () => void) => () => void,
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'keep-alive',
    'x-accel-buffering': 'no',
  });
  // HEAD asks for the head alone; a stream that nobody may write to would stay open for nothing.
  if (reply.request.method === 'HEAD') return void raw.end();
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
    unsubscribe();
  });
}

/** Bytes that wait for a slow reader of an event stream before it is let go. */
export const MAX_UNREAD_BYTES = 4_194_304;
