import { PageSwarmError } from '@pageswarm/primitives';
import { FrameFlag, FrameType, frameTypeName, MAX_STREAM_ID } from '@pageswarm/wire';
import { sendBytes } from './body-source.ts';
import type { ClientStream } from './client-stream.ts';
import type { Connection } from './connection.ts';
import { parseError } from './connection-error.ts';
import type { StreamTable } from './connection-options.ts';
import { Incoming } from './incoming.ts';
import { encodeJson, type MessagePayload } from './message-json.ts';
import { ReceiveBudget } from './receive-budget.ts';
import { SendStream } from './send-stream.ts';
import { StreamMap } from './stream-map.ts';

/** The requests that went out over one connection. */
export class ClientStreams implements StreamTable {
  private readonly streams = new StreamMap<ClientStream>();
  private readonly budget: ReceiveBudget;
  /** Requests that wait until the other end takes another. */
  private waiting: { stream: ClientStream; json: string }[] = [];
  private nextStreamId = 1;
  private dataStream: ClientStream | undefined;
  private isDataEnd = false;
  /** Why the connection is over. A caller that waited for it to open may come a moment after its end. */
  private ending: PageSwarmError | undefined;

  constructor(private readonly connection: Connection) {
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
      const json = encodeJson(message, this.connection.peerLimits.maxJsonBytes);
      if (this.streams.size < this.connection.peerLimits.maxStreams) this.send(stream, json);
      else this.wait(stream, json);
    } catch (error) {
      stream.fail(error);
    }
  }

  /** Sends an event. @throws PageSwarmError LIMIT_EXCEEDED, FRAME_TOO_LARGE or what ended the connection */
  event(message: MessagePayload): void {
    this.demandConnection();
    this.connection.queue.control(FrameType.EVENT, 0, 0, 0, encodeJson(message, this.connection.peerLimits.maxJsonBytes));
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

  private send(stream: ClientStream, json: string): void {
    const { connection, budget } = this;
    const { queue, limits, peerLimits, options } = connection;
    const streamId = this.nextStreamId;
    if (this.isExhausted) throw new PageSwarmError('CONNECTION_LOST', 'The connection has used up its stream ids');
    this.nextStreamId += 2;
    this.streams.add(streamId, stream);
    options.metrics.streamOpened();
    const { requestBody } = stream.options;
    queue.control(FrameType.REQUEST, requestBody ? FrameFlag.BODY : 0, streamId, stream.remainingMs, json);
    const onReturned = stream.options.lendChunks ? (item: unknown) => connection.chunks.returned(item as Uint8Array) : undefined;
    stream.opened({
      streamId,
      incoming: (onAbandoned) => new Incoming({ streamId, windowBytes: limits.streamWindowBytes, queue, budget, onAbandoned, onReturned }),
      sendCancel: () => queue.control(FrameType.CANCEL, 0, streamId, 0),
      released: () => this.release(streamId),
    });
    if (!requestBody) return;
    stream.outgoing = new SendStream({
      streamId,
      queue,
      metrics: options.metrics,
      creditBytes: peerLimits.streamWindowBytes,
      maxDataBytes: peerLimits.maxDataBytes,
      sendAheadBytes: limits.sendAheadBytes,
      onFinished: () => {},
    });
    stream.bodySource = sendBytes(requestBody, stream.outgoing);
    stream.bodySource.done.then(
      () => stream.outgoing?.finish(),
      (error) => stream.cancel(error),
    );
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

  private release(streamId: number): void {
    this.streams.delete(streamId);
    this.connection.options.metrics.streamClosed();
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      if (next.stream.isOver) continue;
      this.sendWaiting(next.stream, next.json);
      break;
    }
    this.connection.streamEnded();
  }
}
