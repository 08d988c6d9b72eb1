import { PageSwarmError } from '@pageswarm/primitives';
import { FrameFlag, FrameType, frameTypeName } from '@pageswarm/wire';
import type { Connection } from './connection.ts';
import type { StreamTable } from './connection-options.ts';
import { type MessagePayload, parseMessagePayload } from './message-json.ts';
import { ReceiveBudget } from './receive-budget.ts';
import { ServerStream, type ServerStreamHome } from './server-stream.ts';
import { StreamMap } from './stream-map.ts';

/** Who handles what arrives. Neither method throws. */
export interface RequestDispatcher {
  /** Answers `stream`, sooner or later, and then says `handled()`. */
  request(stream: ServerStream, data: unknown): void;
  /** Runs the handlers of an event; resolves when they have settled. */
  event(message: MessagePayload, connection: Connection): Promise<void>;
}

/** The requests that came in over one connection. */
export class ServerStreams implements StreamTable, ServerStreamHome {
  private readonly streams = new StreamMap<ServerStream>();
  readonly budget: ReceiveBudget;
  private lastStreamId = 0;
  private runningEvents = 0;
  /** One line in the log per connection: the other end must not be able to fill it. */
  private hasDropped = false;
  private dataStream: ServerStream | undefined;
  private isDataEnd = false;

  constructor(
    readonly connection: Connection,
    private readonly dispatcher: RequestDispatcher,
  ) {
    this.budget = new ReceiveBudget(connection.limits.maxReceiveBufferBytes);
  }

  get size(): number {
    return this.streams.size;
  }

  frame(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void {
    if (type === FrameType.REQUEST) this.open(streamId, flags, auxiliary, payload);
    else if (type === FrameType.EVENT) this.event(parseMessagePayload(payload));
    else if (type === FrameType.CREDIT) this.known(streamId)?.grant(auxiliary);
    else if (type === FrameType.CANCEL) this.known(streamId)?.cancel(new PageSwarmError('CANCELLED', 'The asker cancelled the request'));
    else if (type === FrameType.END) this.known(streamId)?.body?.end();
    else throw new PageSwarmError('PROTOCOL_ERROR', `A connector does not send ${frameTypeName(type)}`);
  }

  dataStart(streamId: number, flags: number, length: number): void {
    const isEnd = (flags & FrameFlag.END) !== 0;
    if (length === 0 && !isEnd) throw new PageSwarmError('PROTOCOL_ERROR', 'A DATA frame without bytes must end its stream');
    const stream = this.known(streamId);
    if (stream && !stream.isOver && !stream.body) throw new PageSwarmError('PROTOCOL_ERROR', 'DATA for a request without a body');
    this.dataStream = stream?.body && !stream.body.inbox.closed ? stream : undefined;
    this.isDataEnd = isEnd;
    this.dataStream?.body?.charge(length);
  }

  dataChunk(chunk: Buffer, isLast: boolean): void {
    const body = this.dataStream?.body;
    if (!body) return;
    this.connection.pushBytes(body, chunk);
    if (isLast && this.isDataEnd) body.end();
  }

  failAll(error: PageSwarmError): void {
    for (const stream of this.streams.values()) stream.cancel(error);
  }

  released(stream: ServerStream): void {
    this.streams.delete(stream.streamId);
    this.connection.options.metrics.streamClosed();
    this.connection.streamEnded();
  }

  private open(streamId: number, flags: number, timeoutMs: number, payload: Buffer): void {
    if (streamId % 2 === 0 || streamId <= this.lastStreamId)
      throw new PageSwarmError('PROTOCOL_ERROR', `A request came on stream ${streamId} after stream ${this.lastStreamId}`);
    this.lastStreamId = streamId;
    const { connection } = this;
    const { pattern, data, metadata } = parseMessagePayload(payload);
    const stream = new ServerStream(this, streamId, pattern, metadata, timeoutMs, (flags & FrameFlag.BODY) !== 0);
    const refusal = this.refusal();
    this.streams.add(streamId, stream);
    connection.options.metrics.streamOpened();
    if (refusal === undefined) {
      this.dispatcher.request(stream, data);
      return;
    }
    stream.fail(refusal);
    stream.handled();
  }

  private refusal(): PageSwarmError | undefined {
    const { isOpen, limits, queue } = this.connection;
    if (!isOpen) return new PageSwarmError('GOING_AWAY', 'This node is shutting down');
    if (this.streams.size >= limits.maxStreams)
      return new PageSwarmError('LIMIT_EXCEEDED', `More than ${limits.maxStreams} requests at once`);
    if (queue.queuedBytes > limits.maxWriteQueueBytes) return new PageSwarmError('LIMIT_EXCEEDED', 'Too many answers wait to be read');
    return undefined;
  }

  private event(message: MessagePayload): void {
    const { limits, options } = this.connection;
    if (this.runningEvents >= limits.maxEvents) {
      if (!this.hasDropped) options.logger.warn(`Events are dropped: ${limits.maxEvents} handlers of this connection run already`);
      this.hasDropped = true;
      return;
    }
    this.runningEvents++;
    void this.dispatcher.event(message, this.connection).finally(() => {
      this.runningEvents--;
    });
  }

  /** The stream, or undefined if it is over. @throws PageSwarmError PROTOCOL_ERROR if it never was */
  private known(streamId: number): ServerStream | undefined {
    if (streamId > this.lastStreamId || streamId % 2 === 0)
      throw new PageSwarmError('PROTOCOL_ERROR', `Stream ${streamId} was never opened`);
    return this.streams.get(streamId);
  }
}
