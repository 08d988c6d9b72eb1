import type { Readable } from 'node:stream';
import { FrameType } from '@pageswarm/wire';
import { type ByteStream, isReadable } from './byte-reply.ts';
import type { SendStream } from './send-stream.ts';

/** A source of bytes or values that is being sent, and can be stopped. */
export interface RunningSource {
  /** Settles when all was handed over or the source failed; a stopped source settles when it lets go. */
  readonly done: Promise<void>;
  /** Tells the source that nobody listens any more: `return()` on an iterator, `destroy()` on a Readable. */
  stop(): void;
}

/**
 * Sends raw bytes as DATA frames, as fast as credit and socket take them. Does not end the stream.
 * @param onSent told of each chunk that the socket has sent
 */
export function sendBytes(source: ByteStream | Readable, stream: SendStream, onSent?: (chunk: Uint8Array) => void): RunningSource {
  return run(source, stream, (chunk) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    if (!ArrayBuffer.isView(bytes)) throw new TypeError('A byte stream yielded something that is not bytes');
    return bytes.length === 0 || stream.write(FrameType.DATA, bytes, onSent);
  });
}

/** Sends each value as one RESPONSE frame. Does not end the stream. */
export function sendValues(source: AsyncIterable<unknown>, stream: SendStream, encode: (value: unknown) => Uint8Array): RunningSource {
  return run(source, stream, (value) => stream.write(FrameType.RESPONSE, encode(value)));
}

function run(source: AsyncIterable<unknown> | Readable, stream: SendStream, send: (item: unknown) => boolean): RunningSource {
  const iterator = source[Symbol.asyncIterator]();
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) return;
    isStopped = true;
    if (isReadable(source)) source.destroy();
    // A generator that waits for something runs its finally blocks when that has come; nobody can make it earlier.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  };
  const pump = async (): Promise<void> => {
    try {
      while (!isStopped && !stream.closed) {
        const { value, done } = await iterator.next();
        if (done) {
          isStopped = true;
          return;
        }
        if (isStopped || stream.closed) return;
        if (!send(value)) await stream.drained();
      }
    } finally {
      stop();
    }
  };
  return { done: pump(), stop };
}
