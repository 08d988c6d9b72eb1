import type { Readable } from 'node:stream';
import { PageSwarmError } from '@pageswarm/primitives';
import { FrameFlag, FrameType, frameTypeName, MAX_STREAM_ID } from '@pageswarm/wire';
import { sendBytes } from './body-source.ts';
import type { ByteStream } from './byte-reply.ts';
import type { ClientStream, StreamHome } from './client-stream.ts';
import type { Connection } from './connection.ts';
import { parseError } from './connection-error.ts';
import type { StreamTable } from './connection-options.ts';
import { Incoming } from './incoming.ts';
import { encodeMessage, type MessagePayload } from './message-json.ts';
import { ReceiveBudget } from './receive-budget.ts';
import { SendStream } from './send-stream.ts';
import { StreamMap } from './stream-map.ts';

/** The requests that went out over one connection. */
export class ClientStreams implements StreamTable, StreamHome {
  private readonly streams = new StreamMap<ClientStream>();
  private readonly budget: ReceiveBudget;
  /** Requests that wait until the other end takes another. */
  private waiting: { stream: ClientStream; json: string }[] = [];
  private nextStreamId = 1;
  private dataStream: ClientStream | undefined;
  private isDataEnd = false;
  /** Why the connection is over. A caller that waited for it to open may come a moment after its end. */
  private ending: PageSwarmError | undefined;

  constructor(readonly connection: Connection) {
    this.budget = new ReceiveBudget(connection.limits.maxReceiveBufferBytes);
  }

  get size(): number {
    return this.streams.size + this.waiting.length;
  }

  /** True when every stream id was used; a new connection must take over. */
  get isExhausted(): boolean {
    return this.nextStreamId > MAX_STREAM_ID;
  }

  /** Sends a request. A request that cannot be sent fails with what the reason is. */
  open(stream: ClientStream, message: MessagePayload): void {
    if (stream.isOver) return;
    try {
      this.demandConnection();
      const json = encodeMessage(message, this.connection.peerLimits.maxJsonBytes);
      if (this.streams.size < this.connection.peerLimits.maxStreams) this.send(stream, json);
      else this.wait(stream, json);
    } catch (error) {
      stream.fail(error);
    }
  }

  /** Sends an event. @throws PageSwarmError LIMIT_EXCEEDED, FRAME_TOO_LARGE or what ended the connection */
  event(message: MessagePayload): void {
    this.demandConnection();
    this.connection.queue.control(FrameType.EVENT, 0, 0, 0, encodeMessage(message, this.connection.peerLimits.maxJsonBytes));
  }

  frame(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void {
    const stream = this.known(streamId);
    const isLast = (flags & FrameFlag.END) !== 0;
    if (type === FrameType.RESPONSE) stream?.receiveValue(payload, isLast);
    else if (type === FrameType.HEAD) stream?.receiveHead(payload);
    else if (type === FrameType.END) stream?.receiveEnd();
    else if (type === FrameType.ERROR) stream?.fail(parseError(payload));
    else if (type === FrameType.CREDIT) stream?.outgoing?.grant(auxiliary);
    else if (type === FrameType.CANCEL) stream?.stopBody();
    else throw new PageSwarmError('PROTOCOL_ERROR', `An acceptor does not send ${frameTypeName(type)}`);
  }

  dataStart(streamId: number, flags: number, length: number): void {
    this.isDataEnd = (flags & FrameFlag.END) !== 0;
    if (length === 0 && !this.isDataEnd) throw new PageSwarmError('PROTOCOL_ERROR', 'A DATA frame without bytes must end its stream');
    this.dataStream = this.known(streamId);
    if (!this.dataStream) return;
    if (!this.dataStream.bytes) throw new PageSwarmError('PROTOCOL_ERROR', 'DATA came before HEAD');
    this.dataStream.bytes.charge(length);
  }

  dataChunk(chunk: Buffer, isLast: boolean): void {
    const stream = this.dataStream;
    if (!stream || stream.isOver) return;
    if (stream.bytes) this.connection.pushBytes(stream.bytes, chunk);
    if (isLast && this.isDataEnd) stream.receiveEnd();
  }

  failAll(error: PageSwarmError): void {
    this.ending = error;
    for (const { stream } of this.waiting.splice(0)) stream.fail(error);
    for (const stream of this.streams.values()) stream.fail(error);
  }

  incoming<T>(stream: ClientStream, onAbandoned: () => void): Incoming<T> {
    const { connection, budget } = this;
    const { queue, limits, chunks } = connection;
    const onReturned = stream.options.lendChunks ? (item: unknown) => chunks.returned(item as Uint8Array) : undefined;
    return new Incoming({ streamId: stream.streamId, windowBytes: limits.streamWindowBytes, queue, budget, onAbandoned, onReturned });
  }

  sendCancel(stream: ClientStream): void {
    this.connection.queue.control(FrameType.CANCEL, 0, stream.streamId, 0);
  }

  released(stream: ClientStream): void {
    this.streams.delete(stream.streamId);
    this.connection.options.metrics.streamClosed();
    if (this.waiting.length > 0) this.sendNext();
    this.connection.streamEnded();
  }

  private send(stream: ClientStream, json: string): void {
    const { queue, options } = this.connection;
    const streamId = this.nextStreamId;
    if (this.isExhausted) throw new PageSwarmError('CONNECTION_LOST', 'The connection has used up its stream ids');
    this.nextStreamId += 2;
    stream.streamId = streamId;
    this.streams.add(streamId, stream);
    options.metrics.streamOpened();
    const { requestBody } = stream.options;
    queue.control(FrameType.REQUEST, requestBody === undefined ? 0 : FrameFlag.BODY, streamId, stream.remainingMs, json);
    stream.opened(this);
    if (requestBody !== undefined) this.sendBody(stream, requestBody);
  }

  private sendBody(stream: ClientStream, body: ByteStream | Readable): void {
    const { queue, limits, peerLimits, options } = this.connection;
    const outgoing = new SendStream({
      streamId: stream.streamId,
      queue,
      metrics: options.metrics,
      creditBytes: peerLimits.streamWindowBytes,
      maxDataBytes: peerLimits.maxDataBytes,
      sendAheadBytes: limits.sendAheadBytes,
      onFinished: () => {},
    });
    stream.outgoing = outgoing;
    stream.bodySource = sendBytes(body, outgoing);
    stream.bodySource.done.then(
      () => outgoing.finish(),
      (error) => stream.cancel(error),
    );
  }

  /** Sends the next request that waits and is still wanted. */
  private sendNext(): void {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      if (next.stream.isOver) continue;
      this.sendWaiting(next.stream, next.json);
      return;
    }
  }

  private sendWaiting(stream: ClientStream, json: string): void {
    try {
      this.send(stream, json);
    } catch (error) {
      stream.fail(error);
    }
  }

  private wait(stream: ClientStream, json: string): void {
    const { maxQueuedRequests } = this.connection.limits;
    if (this.waiting.length >= maxQueuedRequests) this.waiting = this.waiting.filter((one) => !one.stream.isOver);
    if (this.waiting.length >= maxQueuedRequests)
      throw new PageSwarmError('LIMIT_EXCEEDED', `${maxQueuedRequests} requests wait for this connection already`);
    this.waiting.push({ stream, json });
  }

  private demandConnection(): void {
    if (this.ending) throw this.ending;
    if (this.connection.queue.queuedBytes > this.connection.limits.maxWriteQueueBytes)
      throw new PageSwarmError('LIMIT_EXCEEDED', 'The other end does not read: too much waits to be sent');
  }

  /** The stream, or undefined if it is over. @throws PageSwarmError PROTOCOL_ERROR if it never was */
  private known(streamId: number): ClientStream | undefined {
    if (streamId >= this.nextStreamId || streamId % 2 === 0)
      throw new PageSwarmError('PROTOCOL_ERROR', `Stream ${streamId} was never opened`);
    return this.streams.get(streamId);
  }
}
