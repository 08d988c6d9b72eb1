import type { Readable } from 'node:stream';
import { type Endpoint, PageSwarmError } from '@pageswarm/primitives';
import { FrameFlag, FrameType } from '@pageswarm/wire';
import { type RunningSource, sendBytes, sendValues } from './body-source.ts';
import type { ByteStream } from './byte-reply.ts';
import type { Connection } from './connection.ts';
import { errorJson } from './error-shape.ts';
import { Incoming } from './incoming.ts';
import { encodeJsonBytes, jsonText, limited, limitedBytes } from './message-json.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { ReceiveBudget } from './receive-budget.ts';
import { SendStream } from './send-stream.ts';

/** JSON of an answer up to this length goes out with the control frames, longer ones take their turn with the data. */
const INLINE_ANSWER_LENGTH = 16_384;

/** Where the stream of a request runs. */
export interface ServerStreamHome {
  readonly connection: Connection;
  readonly budget: ReceiveBudget;
  /** The answer is complete or nobody waits for it, and the handler has settled. */
  released(stream: ServerStream): void;
}

/**
 * A request on the answering side, from REQUEST to its last frame or its cancellation. There is one for each request, so
 * what few requests need is made when it is needed.
 */
export class ServerStream {
  /** When the asker stops waiting, in ms since 1970. */
  readonly deadline: number | undefined = undefined;
  readonly body: Incoming<Uint8Array> | undefined = undefined;
  private readonly connection: Connection;
  private outgoing: SendStream | undefined = undefined;
  private source: RunningSource | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private abortReason: PageSwarmError | undefined = undefined;
  private deadlineTimer: NodeJS.Timeout | undefined = undefined;
  private isAnswered = false;
  private isHandled = false;
  private onAbort: (() => void) | undefined = undefined;

  constructor(
    private readonly home: ServerStreamHome,
    readonly streamId: number,
    readonly pattern: string,
    readonly metadata: Record<string, string> | undefined,
    timeoutMs: number,
    hasBody: boolean,
  ) {
    this.connection = home.connection;
    if (timeoutMs > 0) {
      this.deadline = Date.now() + timeoutMs;
      // Node runs a timer of more than 2^31 - 1 ms at once.
      this.deadlineTimer = setTimeout(() => this.expire(timeoutMs), Math.min(timeoutMs, 0x7fff_ffff));
    }
    if (hasBody) this.body = this.incoming();
  }

  get peer(): NodeIdentity {
    return this.connection.remote;
  }

  get remoteAddress(): Endpoint {
    return this.connection.remoteAddress;
  }

  get requestBody(): ByteStream | undefined {
    return this.body?.inbox;
  }

  /** Aborted when nobody waits for the answer any more. Made on first use: most handlers never ask. */
  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.abortReason) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  /** True once the answer is complete or nobody waits for it. */
  get isOver(): boolean {
    return this.isAnswered;
  }

  /** The most JSON bytes that the asker takes in one frame. */
  get maxJsonBytes(): number {
    return this.connection.peerLimits.maxJsonBytes;
  }

  /** Bytes of values that wait for the asker. */
  get waitingBytes(): number {
    return this.outgoing?.waitingBytes ?? 0;
  }

  /** The most bytes of values that may wait when their source cannot. */
  get maxWaitingBytes(): number {
    return this.connection.limits.streamWindowBytes;
  }

  /** Answers with one value. @throws as {@link encodeJsonBytes} */
  respond(value: unknown): void {
    if (this.isAnswered) return;
    const text = jsonText(value);
    if (this.outgoing || text.length > INLINE_ANSWER_LENGTH) {
      this.stream.writeFree(FrameType.RESPONSE, limitedBytes(text, this.maxJsonBytes), true);
      return;
    }
    this.connection.queue.control(FrameType.RESPONSE, FrameFlag.END, this.streamId, 0, limited(text, this.maxJsonBytes));
    this.answered();
  }

  /** Answers with one of several values, without regard to credit: {@link waitingBytes} tells what piles up. */
  value(value: unknown): void {
    if (!this.isAnswered) this.stream.write(FrameType.RESPONSE, this.encodeValue(value));
  }

  /** Ends an answer of several values. */
  end(): void {
    if (!this.isAnswered) this.stream.finish();
  }

  /** Answers with values as fast as the asker takes them. Rejects with what the source throws. */
  async values(source: AsyncIterable<unknown>): Promise<void> {
    await this.run(() => sendValues(source, this.stream, (value) => this.encodeValue(value)));
  }

  /** Answers with a head and raw bytes as fast as the asker takes them. Rejects with what the source throws. */
  async bytes(head: unknown, source: ByteStream | Readable, onSent?: (chunk: Uint8Array) => void): Promise<void> {
    if (!this.isAnswered) this.stream.writeFree(FrameType.HEAD, encodeJsonBytes(head, this.maxJsonBytes), false);
    await this.run(() => sendBytes(source, this.stream, onSent));
  }

  /** Answers with an error. */
  fail(error: PageSwarmError): void {
    if (this.isAnswered) return;
    const json = errorJson(error);
    if (this.outgoing) {
      this.outgoing.writeFree(FrameType.ERROR, Buffer.from(json), true);
      return;
    }
    this.connection.queue.control(FrameType.ERROR, 0, this.streamId, 0, json);
    this.answered();
  }

  /** Credit for the answer. */
  grant(bytes: number): void {
    this.stream.grant(bytes);
  }

  /** Nobody waits for the answer: stops what produces it. */
  cancel(reason: PageSwarmError): void {
    if (this.isAnswered) return;
    this.outgoing?.abort();
    this.abort(reason);
    this.answered();
  }

  /** Calls `callback` when the request is cancelled, unless it is answered first. */
  whenCancelled(callback: () => void): void {
    if (this.abortReason) callback();
    else this.onAbort = callback;
  }

  /** The handler has settled and everything that it returned was sent or dropped. */
  handled(): void {
    this.isHandled = true;
    this.release();
  }

  private get stream(): SendStream {
    if (!this.outgoing) {
      const { connection, streamId } = this;
      this.outgoing = new SendStream({
        streamId,
        queue: connection.queue,
        metrics: connection.options.metrics,
        creditBytes: connection.peerLimits.streamWindowBytes,
        maxDataBytes: connection.peerLimits.maxDataBytes,
        sendAheadBytes: connection.limits.sendAheadBytes,
        onFinished: () => this.answered(),
      });
      if (this.isAnswered) this.outgoing.abort();
    }
    return this.outgoing;
  }

  private incoming(): Incoming<Uint8Array> {
    const { connection, streamId } = this;
    const { queue, limits } = connection;
    return new Incoming<Uint8Array>({
      streamId,
      windowBytes: limits.streamWindowBytes,
      queue,
      budget: this.home.budget,
      onAbandoned: () => queue.control(FrameType.CANCEL, 0, streamId, 0),
    });
  }

  private async run(start: () => RunningSource): Promise<void> {
    this.source = start();
    if (this.isAnswered) this.source.stop();
    await this.source.done;
    this.source = undefined;
    if (!this.isAnswered) this.stream.finish();
  }

  private encodeValue(value: unknown): Uint8Array {
    // A value of a stream needs credit for the whole of its frame at once.
    const most = Math.min(this.maxJsonBytes, this.connection.peerLimits.streamWindowBytes - 16);
    return encodeJsonBytes(value, most);
  }

  private expire(timeoutMs: number): void {
    const error = new PageSwarmError('DEADLINE_EXCEEDED', `The answer took more than ${timeoutMs} ms`);
    if (this.isAnswered) return;
    this.outgoing?.abort();
    this.connection.queue.control(FrameType.ERROR, 0, this.streamId, 0, errorJson(error));
    this.abort(error);
    this.answered();
  }

  private abort(reason: PageSwarmError): void {
    this.abortReason = reason;
    this.source?.stop();
    this.body?.discard(reason);
    this.onAbort?.();
    this.controller?.abort(reason);
  }

  private answered(): void {
    if (this.isAnswered) return;
    this.isAnswered = true;
    if (this.deadlineTimer !== undefined) clearTimeout(this.deadlineTimer);
    if (this.body !== undefined && this.abortReason === undefined)
      this.body.discard(new PageSwarmError('CANCELLED', 'The request was answered before its body was read'));
    this.release();
  }

  private release(): void {
    if (this.isAnswered && this.isHandled) this.home.released(this);
  }
}
