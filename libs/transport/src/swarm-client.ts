import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { type Endpoint, formatEndpoint, isPageSwarmError, PageSwarmError, plainAddress } from '@pageswarm/primitives';
import { Observable } from 'rxjs';
import { Backoff } from './backoff.ts';
import type { ClientStream, RequestOptions } from './client-stream.ts';
import { ClientStreams } from './client-streams.ts';
import type { Connection } from './connection.ts';
import { ConnectionAttempt } from './connection-attempt.ts';
import { type TransportLimits, verifyLimits } from './limits.ts';
import type { MessagePayload } from './message-json.ts';
import type { NodeIdentity } from './node-identity.ts';
import { type ByteAnswer, BytesReply, PacketReply, ValueReply, ValuesReply } from './replies.ts';
import {
  DEFAULT_PING_TIMEOUT_MS,
  type SwarmClientEvents,
  type SwarmClientOptions,
  type SwarmClientStatus,
} from './swarm-client-options.ts';
import type { TransportLogger } from './transport-logger.ts';
import { NO_METRICS, type TransportMetrics } from './transport-metrics.ts';
import { swarmKeyOf } from './transport-security.ts';

/**
 * One connection to one endpoint, made on first use and again on the next use after it was lost. Requests of a lost
 * connection fail once with CONNECTION_LOST and are never repeated.
 */
export class SwarmClient extends ClientProxy<SwarmClientEvents> {
  private readonly limits: TransportLimits;
  private readonly swarmKey: string | undefined;
  private readonly metrics: TransportMetrics;
  private readonly logger: TransportLogger;
  private readonly listeners: { [E in keyof SwarmClientEvents]: Set<SwarmClientEvents[E]> } = { connect: new Set(), disconnect: new Set() };
  private readonly backoff: Backoff;
  /** All connections that are not closed: the current one, and those that only finish what they have. */
  private readonly connections = new Map<Connection, ClientStreams>();
  private current: Connection | undefined;
  private attempt: ConnectionAttempt | undefined;
  private redialTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: SwarmClientOptions) {
    super();
    this.limits = verifyLimits(options.limits);
    this.swarmKey = swarmKeyOf(options.security);
    this.metrics = options.metrics ?? NO_METRICS;
    this.logger = options.logger ?? new Logger(SwarmClient.name);
    this.backoff = new Backoff(options.keepConnected?.minMs, options.keepConnected?.maxMs);
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** Changes of the connection, the last one first. */
  override get status(): Observable<SwarmClientStatus> {
    return super.status as Observable<SwarmClientStatus>;
  }

  get endpoint(): Endpoint {
    return this.options.endpoint;
  }

  get isConnected(): boolean {
    return this.current !== undefined;
  }

  /** Who is at the other end, while connected. */
  get remote(): NodeIdentity | undefined {
    return this.current?.remote;
  }

  /** The own address that the other end sees if nothing translates it, while connected. */
  get localAddress(): string | undefined {
    const address = this.current?.options.socket.localAddress;
    return address === undefined ? undefined : plainAddress(address);
  }

  /** The last measured round trip in ms, while connected. */
  get roundTripMs(): number | undefined {
    return this.current?.heartbeat.lastMs;
  }

  /** The shortest round trip of this connection in ms, while connected. */
  get minRoundTripMs(): number | undefined {
    return this.current?.heartbeat.minMs;
  }

  /** Requests that have not ended. */
  get pendingRequests(): number {
    let pending = 0;
    for (const streams of this.connections.values()) pending += streams.size;
    return pending;
  }

  /**
   * Connects, unless connected; all who call meanwhile share the attempt.
   * Rejects with CONNECTION_REFUSED, CONNECTION_TIMEOUT, HANDSHAKE_FAILED, PROTOCOL_VERSION, PROTOCOL_ERROR, LIMIT_EXCEEDED
   * or, after close(), GOING_AWAY.
   */
  async connect(): Promise<void> {
    await this.acquire();
  }

  /** Asks for one value. Rejects with the PageSwarmError that the handler or the transport raised. */
  request<T = unknown>(pattern: unknown, data?: unknown, options: RequestOptions = {}): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      this.begin(new ValueReply(options, { resolve, reject }), pattern, data);
    }) as Promise<T>;
  }

  /** Asks for several values, read as they come; leaving the loop cancels. The request starts with the first read. */
  async *stream<T = unknown>(pattern: unknown, data?: unknown, options: RequestOptions = {}): AsyncGenerator<T, void, undefined> {
    const values = await new Promise<AsyncIterable<unknown>>((resolve, reject) => {
      this.begin(new ValuesReply(options, { resolve, reject }), pattern, data);
    });
    yield* values as AsyncIterable<T>;
  }

  /** Asks for raw bytes; resolves with their head. The body must be read or cancelled. */
  bytes<Head = unknown>(pattern: unknown, data?: unknown, options: RequestOptions = {}): Promise<ByteAnswer<Head>> {
    return new Promise<ByteAnswer<unknown>>((resolve, reject) => {
      this.begin(new BytesReply(options, { resolve, reject }), pattern, data);
    }) as Promise<ByteAnswer<Head>>;
  }

  /** Sends a message that has no answer; resolves when it was queued on a live connection. */
  async event(pattern: unknown, data?: unknown, options: Pick<RequestOptions, 'metadata'> = {}): Promise<void> {
    const message = this.message(this.createPacket(pattern, data), options.metadata);
    const connection = await this.acquire();
    this.streamsOf(connection).event(message);
  }

  /** Measures one round trip, in ms. Rejects with CONNECTION_TIMEOUT or what connecting or the connection failed with. */
  async ping(timeoutMs = DEFAULT_PING_TIMEOUT_MS): Promise<number> {
    const connection = await this.acquire();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        forget();
        reject(new PageSwarmError('CONNECTION_TIMEOUT', `${formatEndpoint(this.endpoint)} did not answer a ping within ${timeoutMs} ms`));
      }, timeoutMs);
      const forget = connection.heartbeat.ping((ms) => {
        clearTimeout(timer);
        resolve(ms);
      });
      void connection.closed.then(() => {
        clearTimeout(timer);
        reject(new PageSwarmError('CONNECTION_LOST', 'The connection was lost before the ping came back'));
      });
    });
  }

  /** Lets running requests finish within the drain time, then closes for good. Idempotent. */
  async close(): Promise<void> {
    this.shutDown(new PageSwarmError('GOING_AWAY', 'This client was closed'));
    await Promise.all([...this.connections.keys()].map((connection) => connection.drain()));
  }

  /** Closes for good and now; what waits fails with `reason`. Idempotent. */
  destroy(reason: PageSwarmError = new PageSwarmError('CONNECTION_LOST', 'This client was destroyed')): void {
    this.shutDown(reason);
    for (const connection of [...this.connections.keys()]) connection.destroy('local-destroy', reason);
  }

  /** Closes the connection if nothing uses it; the next use makes a new one. Returns true if there is none now. */
  rest(): boolean {
    if (this.attempt || this.pendingRequests > 0) return false;
    void this.current?.drain();
    this.current = undefined;
    return true;
  }

  /** Nest's `send`: cold, one request per subscription, and unsubscribing cancels. Connects like every other request. */
  override send<TResult = unknown, TInput = unknown>(pattern: unknown, data: TInput): Observable<TResult> {
    if (pattern === undefined || pattern === null || data === undefined || data === null) return super.send(pattern, data);
    return new Observable((observer) => this.publish(this.createPacket(pattern, data), this.createObserver(observer)));
  }

  override on<E extends keyof SwarmClientEvents, C extends SwarmClientEvents[E] = SwarmClientEvents[E]>(event: E, callback: C): void {
    this.listeners[event].add(callback);
  }

  /** The socket. @throws Error while not connected */
  override unwrap<T = Socket>(): T {
    if (!this.current) throw new Error('Not connected. Call "connect" before accessing the socket.');
    return this.current.options.socket as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const reply = new PacketReply({}, callback);
    this.start(reply, this.message(packet, undefined));
    return () => reply.unsubscribe();
  }

  protected async dispatchEvent<T = void>(packet: ReadPacket): Promise<T> {
    const connection = await this.acquire();
    this.streamsOf(connection).event(this.message(packet, undefined));
    return undefined as T;
  }

  private begin(stream: ClientStream, pattern: unknown, data: unknown): void {
    stream.begin();
    if (!stream.isOver) this.start(stream, this.message(this.createPacket(pattern, data), stream.options.metadata));
  }

  private start(stream: ClientStream, message: MessagePayload): void {
    const { current } = this;
    if (current) {
      this.openOn(current, stream, message);
      return;
    }
    this.acquire()
      .then((connection) => this.openOn(connection, stream, message))
      .catch((error) => stream.fail(error));
  }

  private openOn(connection: Connection, stream: ClientStream, message: MessagePayload): void {
    const streams = this.streamsOf(connection);
    streams.open(stream, message);
    if (streams.isExhausted) this.retire(connection);
  }

  /** The pattern goes out as the route that the server looks up. */
  private message({ pattern, data, metadata }: ReadPacket, more: Record<string, string> | undefined): MessagePayload {
    const route = typeof pattern === 'string' ? pattern : this.normalizePattern(pattern);
    return { pattern: route, data, metadata: metadata && more ? { ...metadata, ...more } : (metadata ?? more) };
  }

  private streamsOf(connection: Connection): ClientStreams {
    const streams = this.connections.get(connection);
    if (!streams) throw new PageSwarmError('CONNECTION_LOST', 'The connection was lost before the request was sent');
    return streams;
  }

  private acquire(): Promise<Connection> {
    if (this.isClosed) return Promise.reject(new PageSwarmError('GOING_AWAY', 'This client was closed'));
    if (this.current) return Promise.resolve(this.current);
    try {
      this.attempt ??= this.connectOnce();
      return this.attempt.connection;
    } catch (error) {
      // A TLS file that cannot be read fails the request like everything else that keeps it from being sent.
      return Promise.reject(error);
    }
  }

  private connectOnce(): ConnectionAttempt {
    const attempt = new ConnectionAttempt({
      ...this.options,
      limits: this.limits,
      metrics: this.metrics,
      logger: this.logger,
      swarmKey: this.swarmKey,
      streams: (made) => {
        const streams = new ClientStreams(made);
        this.connections.set(made, streams);
        return streams;
      },
      onOpen: (made) => this.opened(made),
      onGoingAway: (made) => this.retire(made),
      onClose: (made, _reason, error) => this.lost(made, error),
    });
    const settled = (): void => {
      this.attempt = undefined;
    };
    attempt.connection.then(settled, () => {
      settled();
      this.redial();
    });
    return attempt;
  }

  private opened(connection: Connection): void {
    this.current = connection;
    this.attempt = undefined;
    this.backoff.reset();
    this._status$.next('connected');
    for (const listener of this.listeners.connect) listener(connection.remote);
  }

  /** The connection takes no new requests; the next one gets a new connection. */
  private retire(connection: Connection): void {
    if (this.current === connection) this.current = undefined;
    void connection.drain();
  }

  private lost(connection: Connection, error: PageSwarmError): void {
    const wasOpen = this.connections.has(connection);
    if (this.current === connection) this.current = undefined;
    void connection.closed.then(() => this.connections.delete(connection));
    if (!wasOpen || this.current) return;
    this._status$.next('disconnected');
    for (const listener of this.listeners.disconnect) listener(error);
    this.redial();
  }

  private redial(): void {
    if (!this.options.keepConnected || this.isClosed || this.redialTimer) return;
    this._status$.next('reconnecting');
    this.redialTimer = setTimeout(() => {
      this.redialTimer = undefined;
      this.acquire().catch((error) => {
        this.logger.debug?.(`Reconnecting to ${formatEndpoint(this.endpoint)} failed: ${isPageSwarmError(error) ? error.detail : error}`);
      });
    }, this.backoff.next());
    this.redialTimer.unref();
  }

  private shutDown(error: PageSwarmError): void {
    this.isClosed = true;
    clearTimeout(this.redialTimer);
    this.redialTimer = undefined;
    this.attempt?.abort(error);
    this.current = undefined;
  }
}
