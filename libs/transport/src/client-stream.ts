import type { Readable } from 'node:stream';
import { PageSwarmError } from '@pageswarm/primitives';
import type { RunningSource } from './body-source.ts';
import type { ByteStream } from './byte-reply.ts';
import type { Incoming } from './incoming.ts';
import type { SendStream } from './send-stream.ts';

/** How one request is made; every field may be left out. */
export interface RequestOptions {
  /** Cancels the request, on this end and at the handler. The request fails with CANCELLED. */
  readonly signal?: AbortSignal;
  /** The whole answer must be there within this time, connecting included, else DEADLINE_EXCEEDED. It travels along. */
  readonly timeoutMs?: number;
  /** Travels next to the data; handlers read it with `getMetadata()`. */
  readonly metadata?: Record<string, string>;
  /** Raw bytes for the handler, read as fast as it takes them. */
  readonly requestBody?: ByteStream | Readable;
  /**
   * The reader of a byte stream is done with each chunk when it asks for the next one or leaves: its memory is used again,
   * which saves the garbage collector all of its work. What must stay has to be copied. @default false
   */
  readonly lendChunks?: boolean;
}

/** Where the stream of a request runs: its connection, as far as a stream needs it. */
export interface StreamHome {
  /** A receiving side for raw bytes or values, with credit. */
  incoming<T>(stream: ClientStream, onAbandoned: () => void): Incoming<T>;
  sendCancel(stream: ClientStream): void;
  /** The stream is over on this end. */
  released(stream: ClientStream): void;
}

/** The options of a request that has none. */
export const NO_OPTIONS: RequestOptions = Object.freeze({});

/**
 * A request on the asking side, from the call to the end of its answer. What becomes of the answer is the subclass's. There
 * is one for each request, so what few requests need is made when it is needed.
 */
export abstract class ClientStream {
  /** 0 until the request is sent. */
  streamId = 0;
  /** The request body on its way out. */
  outgoing: SendStream | undefined = undefined;
  bodySource: RunningSource | undefined = undefined;
  private home: StreamHome | undefined = undefined;
  private isSettled = false;
  private timer: NodeJS.Timeout | undefined = undefined;
  private expiresAt = 0;
  private onAbort: (() => void) | undefined = undefined;

  constructor(readonly options: RequestOptions) {}

  /** A value has come. `isLast` if the answer is complete with it. @throws PageSwarmError to end the connection */
  abstract receiveValue(payload: Buffer, isLast: boolean): void;
  /** The head of a byte stream has come. */
  abstract receiveHead(payload: Buffer): void;
  /** The answer is complete. */
  abstract receiveEnd(): void;
  /** Tells the caller. Called at most once, and never after the answer was complete. */
  protected abstract fails(error: unknown): void;

  /** Where raw bytes of the answer go; undefined if this caller takes none. */
  get bytes(): Incoming<Uint8Array> | undefined {
    return undefined;
  }

  get isOver(): boolean {
    return this.isSettled;
  }

  /** What is left of the time limit in ms, rounded up; 0 for no limit. */
  get remainingMs(): number {
    return this.timer === undefined ? 0 : Math.max(1, Math.ceil(this.expiresAt - performance.now()));
  }

  /** Starts the clock and listens to the signal. The request may be over afterwards. */
  begin(): void {
    const { signal, timeoutMs } = this.options;
    if (timeoutMs !== undefined) {
      this.expiresAt = performance.now() + timeoutMs;
      this.timer = setTimeout(
        () => this.cancel(new PageSwarmError('DEADLINE_EXCEEDED', `The answer took more than ${timeoutMs} ms`)),
        Math.min(timeoutMs, 0x7fff_ffff),
      );
    }
    if (!signal) return;
    this.onAbort = () => this.cancel(new PageSwarmError('CANCELLED', 'The request was cancelled', { cause: signal.reason }));
    if (signal.aborted) this.onAbort();
    else signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** The request was sent. */
  opened(home: StreamHome): void {
    this.home = home;
  }

  /** Ends the request on both ends. The caller gets `error`. */
  cancel(error: unknown): void {
    if (this.isSettled) return;
    this.home?.sendCancel(this);
    this.fail(error);
  }

  /** Ends the request on this end. The caller gets `error`. */
  fail(error: unknown): void {
    if (!this.settle()) return;
    this.fails(error);
  }

  /** Ends the request on both ends; the caller left by itself. */
  protected leave(): void {
    if (this.isSettled) return;
    this.home?.sendCancel(this);
    this.settle();
  }

  /** Ends the request on this end. Returns false if it was over. */
  protected settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    if (this.timer !== undefined) clearTimeout(this.timer);
    if (this.onAbort !== undefined) this.options.signal?.removeEventListener('abort', this.onAbort);
    if (this.bodySource !== undefined) this.stopBody();
    this.home?.released(this);
    return true;
  }

  /** The handler wants no more of the request body, or nobody needs it. */
  stopBody(): void {
    this.outgoing?.abort();
    this.bodySource?.stop();
  }
}
