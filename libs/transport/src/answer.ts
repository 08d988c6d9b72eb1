import { PageSwarmError } from '@pageswarm/primitives';
import { isObservable, type Observable, Subject, takeUntil } from 'rxjs';
import { isAsyncIterable, isByteReply, isReadable } from './byte-reply.ts';
import type { ServerStream } from './server-stream.ts';

/** Sends what a handler returned. Settles when all of it was handed over; rejects with what its source throws. */
export function answer(stream: ServerStream, result: unknown): Promise<void> | undefined {
  if (typeof result === 'object' && result !== null && !isPlain(result)) {
    if (isObservable(result)) return answerObservable(stream, result);
    const source = answerSource(stream, result);
    if (source !== undefined) return source;
  }
  stream.respond(result);
  return undefined;
}

/** Says quickly of most answers that they are nothing but a value. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && !(Symbol.asyncIterator in value);
}

/** Sends a value that is a source of bytes or values; undefined if it is a plain value. */
function answerSource(stream: ServerStream, value: unknown): Promise<void> | undefined {
  if (isByteReply(value)) return stream.bytes(value.head, value.body, value.onSent);
  if (isReadable(value)) return stream.bytes(undefined, value);
  if (isAsyncIterable(value)) return stream.values(value);
  return undefined;
}

/** An Observable cannot wait: values pile up to one window of bytes, then the asker is too slow for it. */
function answerObservable(stream: ServerStream, source: Observable<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop$ = new Subject<void>();
    let isStopped = false;
    /** Set when the one value of the Observable is a source by itself, as when an interceptor wrapped a ByteReply. */
    let inner: Promise<void> | undefined;
    const stop = (settle: () => void): void => {
      isStopped = true;
      settle();
      stop$.next();
    };
    const next = (value: unknown): void => {
      if (isStopped || stream.isOver || inner !== undefined) return;
      inner = answerSource(stream, value);
      if (inner === undefined) stream.value(value);
      else inner.catch((error) => stop(() => reject(error)));
      if (stream.waitingBytes > stream.maxWaitingBytes && inner === undefined)
        throw new PageSwarmError('LIMIT_EXCEEDED', `The asker left more than ${stream.maxWaitingBytes} bytes of values unread`);
    };
    stream.whenCancelled(() => stop(resolve));
    source.pipe(takeUntil(stop$)).subscribe({
      next: (value) => {
        try {
          next(value);
        } catch (error) {
          stop(() => reject(error));
        }
      },
      error: reject,
      complete: () => {
        if (isStopped) return;
        if (inner === undefined) stream.end();
        Promise.resolve(inner).then(resolve, reject);
      },
    });
  });
}
