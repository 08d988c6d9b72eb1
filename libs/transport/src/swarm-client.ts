import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { type Endpoint, formatEndpoint, PageSwarmError, plainAddress } from '@pageswarm/primitives';
import { Observable } from 'rxjs';
import { ClientConnections } from './client-connections.ts';
import { type ClientStream, NO_OPTIONS, type RequestOptions } from './client-stream.ts';
import type { ClientStreams } from './client-streams.ts';
import { verifyLimits } from './limits.ts';
import type { MessagePayload } from './message-json.ts';
import type { NodeIdentity } from './node-identity.ts';
import { type ByteAnswer, BytesReply, PacketReply, ValueReply, ValuesReply } from './replies.ts';
import {
  DEFAULT_PING_TIMEOUT_MS,
  type SwarmClientEvents,
  type SwarmClientOptions,
  type SwarmClientStatus,
} from './swarm-client-options.ts';
import { NO_METRICS } from './transport-metrics.ts';
import { swarmKeyOf } from './transport-security.ts';

/**
 * One connection to one endpoint, made on first use and again on the next use after it was lost. Requests of a lost
 * connection fail once with CONNECTION_LOST and are never repeated.
 */
export class SwarmClient extends ClientProxy<SwarmClientEvents> {
  private readonly listeners: { [E in keyof SwarmClientEvents]: Set<SwarmClientEvents[E]> } = { connect: new Set(), disconnect: new Set() };
  private readonly connections: ClientConnections;

  constructor(options: SwarmClientOptions) {
    super();
    const all = {
      ...options,
      limits: verifyLimits(options.limits),
      swarmKey: swarmKeyOf(options.security),
      metrics: options.metrics ?? NO_METRICS,
      logger: options.logger ?? new Logger(SwarmClient.name),
    };
    this.connections = new ClientConnections(all, {
      connected: (remote) => {
        this._status$.next('connected');
        for (const listener of this.listeners.connect) listener(remote);
      },
      disconnected: (error) => {
        this._status$.next('disconnected');
        for (const listener of this.listeners.disconnect) listener(error);
      },
      reconnecting: () => this._status$.next('reconnecting'),
    });
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** Changes of the connection, the last one first. */
  override get status(): Observable<SwarmClientStatus> {
    return super.status as Observable<SwarmClientStatus>;
  }

  get endpoint(): Endpoint {
    return this.connections.endpoint;
  }

  get isConnected(): boolean {
    return this.connections.current !== undefined;
  }

  /** Who is at the other end, while connected. */
  get remote(): NodeIdentity | undefined {
    return this.connections.current?.connection.remote;
  }

  /** The own address that the other end sees if nothing translates it, while connected. */
  get localAddress(): string | undefined {
    const address = this.connections.current?.connection.options.socket.localAddress;
    return address === undefined ? undefined : plainAddress(address);
  }

  /** The last measured round trip in ms, while connected. */
  get roundTripMs(): number | undefined {
    return this.connections.current?.connection.heartbeat.lastMs;
  }

  /** The shortest round trip of this connection in ms, while connected. */
  get minRoundTripMs(): number | undefined {
    return this.connections.current?.connection.heartbeat.minMs;
  }

  /** Requests that have not ended. */
  get pendingRequests(): number {
    return this.connections.pendingRequests;
  }

  /**
   * Connects, unless connected; all who call meanwhile share the attempt.
   * Rejects with CONNECTION_REFUSED, CONNECTION_TIMEOUT, HANDSHAKE_FAILED, PROTOCOL_VERSION, PROTOCOL_ERROR, LIMIT_EXCEEDED
   * or, after close(), GOING_AWAY.
   */
  async connect(): Promise<void> {
    await this.connections.acquire();
  }

  /** Asks for one value. Rejects with the PageSwarmError that the handler or the transport raised. */
  request<T = unknown>(pattern: unknown, data?: unknown, options: RequestOptions = NO_OPTIONS): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      this.begin(new ValueReply(options, resolve, reject), pattern, data);
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
    (await this.connections.acquire()).event(message);
  }

  /** Measures one round trip, in ms. Rejects with CONNECTION_TIMEOUT or what connecting or the connection failed with. */
  async ping(timeoutMs = DEFAULT_PING_TIMEOUT_MS): Promise<number> {
    const { connection } = await this.connections.acquire();
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
  close(): Promise<void> {
    return this.connections.close();
  }

  /** Closes for good and now; what waits fails with `reason`. Idempotent. */
  destroy(reason: PageSwarmError = new PageSwarmError('CONNECTION_LOST', 'This client was destroyed')): void {
    this.connections.destroy(reason);
  }

  /** Closes the connection if nothing uses it; the next use makes a new one. Returns true if there is none now. */
  rest(): boolean {
    return this.connections.rest();
  }

  /** Nest's `send`: cold, one request per subscription, and unsubscribing cancels. Connects like every other request. */
  override send<TResult = unknown, TInput = unknown>(pattern: unknown, data: TInput): Observable<TResult> {
    if (pattern === undefined || pattern === null || data === undefined || data === null) return super.send(pattern, data);
    return new Observable((observer) => this.publish(this.createPacket(pattern, data), this.createObserver(observer)));
  }

  override on<E extends keyof SwarmClientEvents, C extends SwarmClientEvents[E] = SwarmClientEvents[E]>(event: E, callback: C): void {
    this.listeners[event].add(callback);
  }

  /** The socket, to look at; what it reads goes past its `data` events. @throws Error while not connected */
  override unwrap<T = Socket>(): T {
    const { current } = this.connections;
    if (!current) throw new Error('Not connected. Call "connect" before accessing the socket.');
    return current.connection.options.socket as T;
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const reply = new PacketReply(NO_OPTIONS, callback);
    this.start(reply, this.message(packet, undefined));
    return () => reply.unsubscribe();
  }

  protected async dispatchEvent<T = void>(packet: ReadPacket): Promise<T> {
    (await this.connections.acquire()).event(this.message(packet, undefined));
    return undefined as T;
  }

  private begin(stream: ClientStream, pattern: unknown, data: unknown): void {
    stream.begin();
    if (!stream.isOver) this.start(stream, this.message(this.createPacket(pattern, data), stream.options.metadata));
  }

  private start(stream: ClientStream, message: MessagePayload): void {
    const { current } = this.connections;
    if (current) this.openOn(current, stream, message);
    else
      this.connections.acquire().then(
        (streams) => this.openOn(streams, stream, message),
        (error) => stream.fail(error),
      );
  }

  private openOn(streams: ClientStreams, stream: ClientStream, message: MessagePayload): void {
    streams.open(stream, message);
    if (streams.isExhausted) this.connections.retire(streams.connection);
  }

  /** The pattern goes out as the route that the server looks up. */
  private message({ pattern, data, metadata }: ReadPacket, more: Record<string, string> | undefined): MessagePayload {
    const route = typeof pattern === 'string' ? pattern : this.normalizePattern(pattern);
    return { pattern: route, data, metadata: metadata && more ? { ...metadata, ...more } : (metadata ?? more) };
  }
}
