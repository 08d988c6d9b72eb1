import { Readable } from 'node:stream';

/** Raw bytes in order. A chunk must not change until it was sent: the transport sends it without a copy. */
export type ByteStream = AsyncIterable<Uint8Array>;

/**
 * The answer of a handler that is bytes: a head as JSON, then the body as raw frames, read no faster than the other end
 * takes them. It passes through Nest as one value.
 *
 * `onSent` is told of each chunk of an iterable body that the operating system has taken, so that its memory can be used again. Chunks
 * of an answer that ended early may never be told of.
 */
export class ByteReply<Head = unknown> {
  constructor(
    readonly head: Head,
    readonly body: ByteStream | Readable,
    readonly onSent?: (chunk: Uint8Array) => void,
  ) {}
}

/** Says that a value is a ByteReply, also one of another copy of this module. */
export function isByteReply(value: unknown): value is ByteReply {
  return (
    value instanceof ByteReply ||
    (typeof value === 'object' && value !== null && value.constructor?.name === 'ByteReply' && 'head' in value && 'body' in value)
  );
}

export function isReadable(value: unknown): value is Readable {
  return value instanceof Readable || (isAsyncIterable(value) && typeof (value as unknown as Readable).pipe === 'function');
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
