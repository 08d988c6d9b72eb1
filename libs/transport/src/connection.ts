import { type Endpoint, ERROR_CODES, formatEndpoint, isPageSwarmError, PageSwarmError, plainAddress } from '@pageswarm/primitives';
import { FrameDecoder, FrameFlag, type FrameSink, FrameType, MAX_HANDSHAKE_PAYLOAD_BYTES } from '@pageswarm/wire';
import { type CloseReason, closeReasonOf } from './close-reason.ts';
import { ClosingSocket } from './closing-socket.ts';
import { lost, parseError } from './connection-error.ts';
import type { ConnectionOptions, ConnectionState, StreamTable } from './connection-options.ts';
import { type FrameTrace, frameTrace } from './frame-trace.ts';
import type { HandshakeResult, PeerLimits } from './handshake.ts';
import { Heartbeat } from './heartbeat.ts';
import type { Incoming } from './incoming.ts';
import type { TransportLimits } from './limits.ts';
import type { NodeIdentity } from './node-identity.ts';
import { Opening } from './opening.ts';
import { FIRST_MARKER } from './pacer.ts';
import { type ChunkKeeper, SEPARATE_CHUNKS } from './receive-memory.ts';
import { WriteQueue } from './write-queue.ts';

/**
 * An acceptor stops reading when answers of this share of maxWriteQueueBytes wait to be read: requests that it has read
 * by then still find room, and an end that never reads costs neither the rest of the memory nor the work of filling it.
 */
const PAUSE_SHARE = 0.25;

/** One socket with its handshake, heartbeat, write queue and end. What the frames of streams mean is the stream table's. */
export class Connection implements FrameSink {
  readonly queue: WriteQueue;
  readonly heartbeat: Heartbeat;
  readonly remoteAddress: Endpoint;
  state: ConnectionState = 'handshaking';
  private readonly decoder: FrameDecoder;
  readonly chunks: ChunkKeeper;
  private readonly opening: Opening;
  private readonly closing: ClosingSocket;
  private readonly trace: FrameTrace | undefined;
  private table: StreamTable | undefined;
  private drainTimer: NodeJS.Timeout | undefined;
  private lastBusy = performance.now();
  /** Streams ended since the last beat: asking for the time at the end of each would cost more than it is worth. */
  private wasBusy = false;
  private isEnded = false;
  private isPaused = false;
  private readonly closedPromise: Promise<void>;
  private resolveClosed: () => void = () => {};

  constructor(readonly options: ConnectionOptions<Connection>) {
    const { socket, metrics, limits, side } = options;
    this.remoteAddress = { host: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 };
    const other = formatEndpoint(this.remoteAddress);
    if (options.traceFrames) this.trace = frameTrace(options.logger, '<', other);
    this.queue = new WriteQueue(
      socket,
      metrics,
      () => this.progressed(),
      options.traceFrames ? frameTrace(options.logger, '>', other) : undefined,
    );
    this.decoder = new FrameDecoder(this, { maxJsonBytes: MAX_HANDSHAKE_PAYLOAD_BYTES, maxDataBytes: 0 });
    this.opening = new Opening(options, this.queue);
    this.closing = new ClosingSocket(socket, limits.lingerMs);
    this.chunks = options.reads?.memory ?? SEPARATE_CHUNKS;
    this.closedPromise = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    this.heartbeat = new Heartbeat(
      limits,
      {
        sendPing: (sequence) => this.queue.control(FrameType.PING, 0, 0, sequence),
        silent: () => this.destroy('heartbeat-timeout', lost(`Nothing was heard for ${limits.heartbeatTimeoutMs} ms`)),
        roundTrip: (ms) => {
          this.queue.pacer.roundTrip(ms);
          metrics.roundTrip(ms);
        },
        beat: (now) => this.closeIfIdle(now),
      },
      side === 'connector',
    );
  }

  /** Begins the handshake on a connected socket. */
  start(): void {
    const { socket, reads, side, metrics } = this.options;
    metrics.connectionOpened(side === 'connector' ? 'out' : 'in');
    socket.setNoDelay(true);
    if (reads) reads.onChunk = (chunk) => this.receive(chunk);
    else socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.ended());
    socket.on('error', (cause) => this.destroy(this.opening.result ? 'connection-lost' : 'handshake-failed', this.lossOf(cause)));
    socket.on('close', () => this.socketClosed());
    this.opening.begin(() => {
      this.fail(new PageSwarmError('CONNECTION_TIMEOUT', `The handshake took more than ${this.opening.timeoutMs} ms`));
    });
  }

  /** Who is at the other end; known once the connection is open. */
  get remote(): NodeIdentity {
    return (this.opening.result as HandshakeResult).remote;
  }

  get peerLimits(): PeerLimits {
    return (this.opening.result as HandshakeResult).peerLimits;
  }

  get limits(): TransportLimits {
    return this.options.limits;
  }

  /** True while new requests may start. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  /** Resolves when the socket is gone. */
  get closed(): Promise<void> {
    return this.closedPromise;
  }

  get streamCount(): number {
    return this.table?.size ?? 0;
  }

  frame(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    this.trace?.(type, flags, streamId, auxiliary, payload.length);
    if (type === FrameType.GO_AWAY) this.receiveGoAway(flags, payload);
    else if (this.state === 'handshaking') {
      if (this.opening.receive(type, payload)) this.open();
    } else if (type === FrameType.PING) this.queue.control(FrameType.PONG, 0, 0, auxiliary);
    else if (type === FrameType.PONG && auxiliary >= FIRST_MARKER) this.queue.acknowledged(auxiliary);
    else if (type === FrameType.PONG) this.heartbeat.pong(auxiliary);
    else if (type <= FrameType.READY) throw new PageSwarmError('PROTOCOL_ERROR', 'The handshake is over');
    else this.table?.frame(type, flags, streamId, auxiliary, payload);
  }

  dataStart(streamId: number, flags: number, length: number): void {
    this.trace?.(FrameType.DATA, flags, streamId, 0, length);
    if (this.state === 'handshaking') throw new PageSwarmError('PROTOCOL_ERROR', 'DATA before the handshake is done');
    if (this.state !== 'closing' && this.state !== 'closed') this.table?.dataStart(streamId, flags, length);
  }

  dataChunk(chunk: Buffer, isLast: boolean): void {
    if (this.state !== 'closing' && this.state !== 'closed') this.table?.dataChunk(chunk, isLast);
  }

  /** Hands bytes of a stream to their reader. @throws PageSwarmError LIMIT_EXCEEDED */
  pushBytes(incoming: Incoming<Uint8Array>, chunk: Buffer): void {
    if (chunk.length > 0 && !incoming.inbox.closed) incoming.push(this.chunks.keep(chunk, incoming.inbox), chunk.length);
  }

  /** The stream table has one stream less. */
  streamEnded(): void {
    if (this.streamCount > 0) return;
    this.wasBusy = true;
    if (this.state === 'draining') process.nextTick(() => this.finishDraining());
  }

  /** Takes no new requests, lets running ones finish within the drain time, then closes. Idempotent. */
  drain(): Promise<void> {
    const goingAway = new PageSwarmError('GOING_AWAY', 'This node is shutting down');
    if (this.state === 'handshaking') this.fail(goingAway);
    if (this.state === 'open') {
      this.startDraining();
      this.sendGoAway(goingAway, false);
    }
    return this.closed;
  }

  /** Ends the connection now. Idempotent. */
  destroy(reason: CloseReason = 'local-destroy', error: PageSwarmError = lost('This end closed the connection')): void {
    this.end(reason, error);
    this.options.socket.destroy();
  }

  /** Tells the other end `error` and closes. */
  fail(error: PageSwarmError): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    this.opening.sendPreface();
    this.sendGoAway(error, true);
    this.closeSoftly(closeReasonOf(error.code), error);
  }

  private receive(chunk: Buffer): void {
    this.options.metrics.bytes('in', chunk.length);
    if (this.state === 'closing' || this.state === 'closed') return;
    this.heartbeat.heard();
    try {
      this.decoder.push(this.opening.withoutPreface(chunk));
    } catch (error) {
      if (!isPageSwarmError(error)) this.options.logger.error(error);
      this.fail(isPageSwarmError(error) ? error : new PageSwarmError('INTERNAL', ERROR_CODES.INTERNAL.title, { cause: error }));
    }
    if (this.queue.queuedBytes > this.limits.maxWriteQueueBytes * PAUSE_SHARE) this.pauseReading();
  }

  private open(): void {
    this.decoder.limits.maxJsonBytes = this.limits.maxJsonBytes;
    this.decoder.limits.maxDataBytes = this.limits.maxDataBytes;
    this.state = 'open';
    this.table = this.options.streams(this);
    this.heartbeat.start();
    this.options.onOpen?.(this);
  }

  private receiveGoAway(flags: number, payload: Buffer): void {
    const error = parseError(payload);
    if (flags & FrameFlag.FINAL) {
      this.closeSoftly(this.state === 'handshaking' && error.code !== 'GOING_AWAY' ? closeReasonOf(error.code) : 'remote-close', error);
      return;
    }
    if (this.state !== 'open') return;
    this.startDraining();
    this.options.onGoingAway?.(this);
  }

  private sendGoAway(error: PageSwarmError, isFinal: boolean): void {
    this.queue.control(FrameType.GO_AWAY, isFinal ? FrameFlag.FINAL : 0, 0, 0, JSON.stringify(error.toShape()));
  }

  private startDraining(): void {
    this.state = 'draining';
    this.drainTimer = setTimeout(
      () => this.destroy('local-close', lost('The node shut down before the answer was complete')),
      this.limits.drainTimeoutMs,
    );
    if (this.streamCount === 0) process.nextTick(() => this.finishDraining());
  }

  private finishDraining(): void {
    if (this.state !== 'draining' || this.streamCount > 0) return;
    // The connector closes first: requests that it had sent before it heard of GO_AWAY still get their answer.
    if (this.options.side === 'connector') this.closeDrained();
    else this.closing.waitForOther(() => this.closeDrained());
  }

  private closeDrained(): void {
    this.closeSoftly('local-close', lost('The connection was closed'));
  }

  /** Sends what is queued, ends the socket, and destroys it if the other end does not close within the linger time. */
  private closeSoftly(reason: CloseReason, error: PageSwarmError): void {
    if (this.isEnded) return;
    this.queue.flushFrames();
    this.end(reason, error);
    this.closing.end();
  }

  private end(reason: CloseReason, error: PageSwarmError): void {
    if (this.isEnded) return;
    this.isEnded = true;
    this.state = 'closing';
    this.decoder.stop();
    this.opening.stop();
    this.closing.stop();
    clearTimeout(this.drainTimer);
    this.heartbeat.stop();
    this.queue.close();
    const { metrics, side, onClose } = this.options;
    metrics.connectionClosed(side === 'connector' ? 'out' : 'in', reason);
    this.table?.failAll(error);
    onClose?.(this, reason, error);
  }

  /** The other end sends no more, and half-open connections have no use here. */
  private ended(): void {
    if (this.state === 'draining' && this.streamCount === 0) {
      this.closeDrained();
      return;
    }
    const reason = this.opening.result ? 'remote-close' : 'handshake-failed';
    this.closeSoftly(reason, this.opening.result ? lost('The other end closed the connection') : this.lossOf(undefined));
  }

  private socketClosed(): void {
    this.end(this.opening.result ? 'connection-lost' : 'handshake-failed', this.lossOf(undefined));
    this.closing.stop();
    this.state = 'closed';
    this.resolveClosed();
  }

  private lossOf(cause: unknown): PageSwarmError {
    if (this.opening.result) return lost('The connection was lost', cause);
    const why = cause instanceof Error || (cause as Error | undefined)?.message ? `: ${(cause as Error).message}` : '';
    return new PageSwarmError('HANDSHAKE_FAILED', `The other end closed the connection during the handshake${why}`, { cause });
  }

  private closeIfIdle(now: number): void {
    const { idleTimeoutMs } = this.limits;
    if (this.wasBusy || this.streamCount > 0) this.lastBusy = now;
    this.wasBusy = false;
    if (idleTimeoutMs === 0 || this.state !== 'open' || now - this.lastBusy < idleTimeoutMs) return;
    this.sendGoAway(new PageSwarmError('GOING_AWAY', 'The connection was idle'), false);
    this.closeSoftly('idle', lost('The connection was idle'));
  }

  /** An acceptor stops reading requests from an end that does not read answers; a connector must go on reading. */
  private pauseReading(): void {
    if (this.isPaused || this.options.side === 'connector' || this.state === 'closing') return;
    this.isPaused = true;
    this.queue.setReading(false);
    this.options.socket.pause();
  }

  private progressed(): void {
    if (!this.isPaused) return;
    // This end hears nothing while it does not read; that the other end takes what waits for it is a sign of life, too.
    this.heartbeat.heard();
    if (this.queue.queuedBytes * 2 > this.limits.maxWriteQueueBytes * PAUSE_SHARE) return;
    this.isPaused = false;
    this.queue.setReading(true);
    this.options.socket.resume();
  }
}
