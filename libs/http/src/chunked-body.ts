import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** How an answer begins, beside the headers that the reply has already. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
}

/**
 * Sends a body chunk by chunk: the next one is made while the socket takes the one before. It tells when the memory of a chunk is free
 * again, which a stream that is piped does not. HEAD gets the head at once, and no chunk is made.
 * @param chunks ends early when the reader goes away. When it throws later than at its first chunk, the answer is broken off.
 * @param onSent told of each chunk that nobody looks at any more
 * @throws what the first chunk throws; nothing was sent then
 */
export async function sendChunks(
  reply: FastifyReply,
  { status, headers }: AnswerHead,
  chunks: AsyncIterator<Uint8Array>,
  onSent: (chunk: Uint8Array) => void,
): Promise<void> {
  const { raw, request } = reply;
  const isHead = request.method === 'HEAD';
  let next = isHead ? undefined : await chunks.next();
  reply.hijack();
  raw.writeHead(status, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...headers });
  const writer = new ChunkWriter(raw, request.raw.socket, onSent);
  try {
    while (next && !next.done) {
      await writer.write(next.value);
      if (writer.isAbandoned) return;
      next = await chunks.next();
    }
    raw.end();
  } catch {
    raw.destroy();
  } finally {
    writer.close();
    if (!isHead) await chunks.return?.();
  }
}

/** One chunk on its way, and one that waits for it. */
class ChunkWriter {
  private sent = Promise.resolve();
  private readonly release = (): void => this.resolve();
  private resolve = (): void => {};

  /** @param socket whose end is that of the answer, also of one that waits for another on it: that is not told of its end */
  constructor(
    private readonly raw: ServerResponse,
    private readonly socket: IncomingMessage['socket'],
    private readonly onSent: (chunk: Uint8Array) => void,
  ) {
    socket.once('close', this.release);
  }

  /** The reader is gone. */
  get isAbandoned(): boolean {
    return this.socket.destroyed;
  }

  /** Resolves when the chunk before this one was sent, or the reader is gone. */
  async write(chunk: Uint8Array): Promise<void> {
    await this.sent;
    this.sent = new Promise((resolve) => {
      this.resolve = resolve;
      this.raw.write(chunk, () => {
        resolve();
        this.onSent(chunk);
      });
    });
  }

  close(): void {
    this.socket.off('close', this.release);
  }
}
