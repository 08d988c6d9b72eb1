import { randomBytes } from 'node:crypto';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Logger } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { type Endpoint, formatEndpoint, PageSwarmError, plainAddress } from '@pageswarm/primitives';
import { encodeFrame, encodePreface, FrameFlag, FrameType } from '@pageswarm/wire';
import { Connection } from './connection.ts';
import { ConnectionGate } from './connection-gate.ts';
import { errorJson } from './error-shape.ts';
import { NONCE_BYTES } from './handshake.ts';
import { type TransportLimits, verifyLimits } from './limits.ts';
import type { NodeIdentity } from './node-identity.ts';
import { PatternTable, type RouteHandler } from './pattern-table.ts';
import { type ProcessingHooks, RequestRunner } from './request-runner.ts';
import { ServerStreams } from './server-streams.ts';
import type { TransportLogger } from './transport-logger.ts';
import { NO_METRICS, type TransportMetrics } from './transport-metrics.ts';
import { serverTlsOptions, swarmKeyOf, type TransportSecurity } from './transport-security.ts';

/** Handlers without a transport id of their own are bound to every server; those with this one to swarm servers only. */
export const SWARM_TRANSPORT = Symbol.for('pageswarm.transport');

export interface SwarmServerOptions {
  readonly host: string;
  /** 0 takes a free one; `address()` tells which. */
  readonly port: number;
  readonly identity: NodeIdentity;
  readonly security?: TransportSecurity;
  readonly limits?: Partial<TransportLimits>;
  readonly metrics?: TransportMetrics;
  readonly logger?: TransportLogger;
  /** Writes a debug line for each frame, never its payload. @default false */
  readonly traceFrames?: boolean;
}

export type SwarmServerStatus = 'connected' | 'disconnected';

export type SwarmServerEvents = {
  listening: () => void;
  connection: (socket: Socket) => void;
  close: () => void;
  error: (error: Error) => void;
};

/** The Nest strategy that answers requests on the swarm transport. */
export class SwarmServer extends Server<SwarmServerEvents, SwarmServerStatus> implements CustomTransportStrategy {
  override readonly transportId = SWARM_TRANSPORT;
  protected override readonly logger: Logger;
  private readonly limits: TransportLimits;
  private readonly swarmKey: string | undefined;
  private readonly metrics: TransportMetrics;
  private readonly gate: ConnectionGate;
  private readonly patterns = new PatternTable();
  private readonly runner: RequestRunner;
  private readonly connections = new Set<Connection>();
  private pendingListeners: { event: keyof SwarmServerEvents; callback: SwarmServerEvents[keyof SwarmServerEvents] }[] = [];
  private server: NetServer | undefined;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: SwarmServerOptions) {
    super();
    this.logger = (options.logger ?? new Logger(SwarmServer.name)) as Logger;
    this.limits = verifyLimits(options.limits);
    this.swarmKey = swarmKeyOf(options.security);
    this.metrics = options.metrics ?? NO_METRICS;
    this.gate = new ConnectionGate(this.limits);
    this.runner = new RequestRunner(this.patterns, this.logger, this.processingHooks());
    this.initializeSerializer({});
    this.initializeDeserializer({});
  }

  /** Where the server listens. @throws Error before listen */
  address(): Endpoint {
    const address = this.server?.address();
    if (typeof address !== 'object' || address === null) throw new Error('Not listening. Call "listen" before asking for the address.');
    return { host: plainAddress(address.address), port: address.port };
  }

  /** Connections that are open or shake hands. */
  get connectionCount(): number {
    return this.connections.size;
  }

  /**
   * Answers a pattern without Nest's pipeline: no guards, pipes, interceptors or filters, and about 8 µs less per message.
   * The handler may return what a Nest handler may. Call it before listen.
   */
  route<Data = unknown>(pattern: string | object, handler: RouteHandler<Data>): this {
    this.patterns.addRoute(this.normalizePattern(pattern as string), handler as RouteHandler);
    return this;
  }

  override addHandler(pattern: unknown, callback: MessageHandler, isEventHandler = false, extras: Record<string, unknown> = {}): void {
    const route = this.normalizePattern(pattern as string);
    this.patterns.noteHandler(route, callback, isEventHandler);
    super.addHandler(pattern, callback, isEventHandler, extras);
    this.patterns.setHandler(route, this.messageHandlers.get(route) as MessageHandler);
  }

  /** Patterns arrive normalised, so they are looked up as they are. */
  override getHandlerByPattern(pattern: string): MessageHandler | null {
    return this.messageHandlers.get(pattern) ?? null;
  }

  listen(callback: (error?: unknown, info?: unknown) => void): void {
    let server: NetServer;
    try {
      this.patterns.verify();
      if (this.closing !== undefined) throw new PageSwarmError('WRONG_STATE', 'This server was closed');
      server = this.createServer();
    } catch (error) {
      callback(error);
      return;
    }
    const { host, port } = this.options;
    const refused = (error: NodeJS.ErrnoException): void => {
      this._status$.next('disconnected');
      this.server = undefined;
      const where = formatEndpoint({ host, port });
      callback(new PageSwarmError('INVALID_CONFIGURATION', `Cannot listen on ${where} (${error.code ?? error.message})`, { cause: error }));
    };
    server.once('error', refused);
    server.listen({ host, port }, () => {
      server.removeListener('error', refused);
      server.on('error', (error) => this.logger.error(error));
      this._status$.next('connected');
      callback();
    });
    this.server = server;
  }

  /** Takes no new work, lets what runs finish within the drain time, then destroys it. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  /** Ends all connections now. */
  destroy(): void {
    for (const connection of [...this.connections]) connection.destroy();
  }

  on<E extends keyof SwarmServerEvents = keyof SwarmServerEvents, C extends SwarmServerEvents[E] = SwarmServerEvents[E]>(
    event: E,
    callback: C,
  ): void {
    if (this.server) this.server.on(event, callback as (...args: unknown[]) => void);
    else this.pendingListeners.push({ event, callback });
  }

  /** The `net.Server` or `tls.Server`. @throws Error before listen */
  unwrap<T = NetServer>(): T {
    if (!this.server)
      throw new Error('Not initialized. Please call the "listen"/"startAllMicroservices" method before accessing the server.');
    return this.server as T;
  }

  private processingHooks(): ProcessingHooks {
    const withoutHook = this.onProcessingStartHook;
    const isInUse = (): boolean => this.onProcessingStartHook !== withoutHook || this.onProcessingEndHook !== undefined;
    return {
      get inUse() {
        return isInUse();
      },
      run: (context, run) => this.runWithProcessingHooks(context, run),
    };
  }

  private createServer(): NetServer {
    const { tls } = this.options.security ?? {};
    const accept = (socket: Socket): void => this.accept(socket);
    const server = tls
      ? createTlsServer({ ...serverTlsOptions(tls), handshakeTimeout: this.limits.handshakeTimeoutMs }, accept)
      : createServer(accept);
    if (tls) server.on('tlsClientError', (error: Error) => this.logger.debug?.(`A TLS handshake failed: ${error.message}`));
    server.on('close', () => this._status$.next('disconnected'));
    for (const { event, callback } of this.pendingListeners.splice(0)) server.on(event, callback as (...args: unknown[]) => void);
    return server;
  }

  private accept(socket: Socket): void {
    let connection: Connection | undefined;
    const tooMany = new PageSwarmError('LIMIT_EXCEEDED', 'Too many handshakes at once');
    const { refusal, leave, shookHands } = this.gate.enter(plainAddress(socket.remoteAddress ?? ''), () => connection?.fail(tooMany));
    if (refusal !== undefined || this.closing !== undefined) {
      this.refuse(socket, refusal ?? 'This node is shutting down');
      leave();
      return;
    }
    socket.once('close', leave);
    connection = new Connection({
      socket,
      side: 'acceptor',
      identity: this.options.identity,
      swarmKey: this.swarmKey,
      nonce: randomBytes(NONCE_BYTES),
      limits: this.limits,
      metrics: this.metrics,
      logger: this.logger,
      traceFrames: this.options.traceFrames,
      streams: (made) => new ServerStreams(made, this.runner),
      onOpen: shookHands,
      onClose: (made, reason, error) => {
        if (reason === 'local-close' || reason === 'remote-close' || reason === 'idle') return;
        this.logger.debug?.(`Connection from ${formatEndpoint(made.remoteAddress)} closed: ${reason} (${error.detail})`);
      },
    });
    this.track(connection);
    connection.start();
  }

  private track(connection: Connection): void {
    this.connections.add(connection);
    void connection.closed.then(() => this.connections.delete(connection));
  }

  /** A stranger over the limit costs one write. */
  private refuse(socket: Socket, detail: string): void {
    const goAway = errorJson(new PageSwarmError(this.closing !== undefined ? 'GOING_AWAY' : 'LIMIT_EXCEEDED', detail));
    socket.on('error', () => {});
    socket.end(Buffer.concat([encodePreface(), encodeFrame(FrameType.GO_AWAY, goAway, { flags: FrameFlag.FINAL })]));
    socket.destroySoon();
  }

  private async shutDown(): Promise<void> {
    this.pendingListeners = [];
    const { server } = this;
    const stopped = new Promise<void>((resolve) => {
      if (server?.listening) server.close(() => resolve());
      else resolve();
    });
    await Promise.all([...this.connections].map((connection) => connection.drain()));
    await stopped;
  }
}
