import { type Endpoint, formatEndpoint, isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import { Backoff } from './backoff.ts';
import { ClientStreams } from './client-streams.ts';
import type { Connection } from './connection.ts';
import { ConnectionAttempt } from './connection-attempt.ts';
import type { TransportLimits } from './limits.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { SwarmClientOptions } from './swarm-client-options.ts';
import type { TransportLogger } from './transport-logger.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What connections of a client need, with every default filled in. */
export interface ClientConnectionsOptions extends Omit<SwarmClientOptions, 'limits' | 'metrics' | 'logger'> {
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly logger: TransportLogger;
  readonly swarmKey: string | undefined;
}

export interface ClientConnectionsOwner {
  connected(remote: NodeIdentity): void;
  disconnected(error: PageSwarmError): void;
  reconnecting(): void;
}

/**
 * The connections of a client to its endpoint: the current one, made once however many calls wait for it, and those that
 * only finish what they have. A lost one is dialled again at once only if it must be kept, else by the next use.
 */
export class ClientConnections {
  /** The streams of the connection that takes new requests. */
  current: ClientStreams | undefined;
  /** All connections that are not closed. */
  private readonly streams = new Map<Connection, ClientStreams>();
  private readonly backoff: Backoff;
  private attempt: ConnectionAttempt | undefined;
  private redialTimer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(
    private readonly options: ClientConnectionsOptions,
    private readonly owner: ClientConnectionsOwner,
  ) {
    this.backoff = new Backoff(options.keepConnected?.minMs, options.keepConnected?.maxMs);
  }

  get endpoint(): Endpoint {
    return this.options.endpoint;
  }

  /** Requests that have not ended, on all connections. */
  get pendingRequests(): number {
    let pending = 0;
    for (const { size } of this.streams.values()) pending += size;
    return pending;
  }

  /** The current connection's streams; connects if there is none. Rejects as {@link SwarmClient.connect}. */
  async acquire(): Promise<ClientStreams> {
    if (this.isClosed) throw new PageSwarmError('GOING_AWAY', 'This client was closed');
    if (this.current) return this.current;
    this.attempt ??= this.connectOnce();
    const streams = this.streams.get(await this.attempt.connection);
    if (!streams) throw new PageSwarmError('CONNECTION_LOST', 'The connection was lost before the request was sent');
    return streams;
  }

  /** The connection takes no new requests; the next one gets a new connection. */
  retire(connection: Connection): void {
    if (this.current?.connection === connection) this.current = undefined;
    void connection.drain();
  }

  /** Closes the connection if nothing uses it. Returns true if there is none now. */
  rest(): boolean {
    if (this.attempt || this.pendingRequests > 0) return false;
    if (this.current) this.retire(this.current.connection);
    return true;
  }

  /** Lets running requests finish within the drain time; nothing connects any more. Idempotent. */
  async close(): Promise<void> {
    this.shutDown(new PageSwarmError('GOING_AWAY', 'This client was closed'));
    await Promise.all([...this.streams.keys()].map((connection) => connection.drain()));
  }

  /** Ends everything now; what waits fails with `reason`. Idempotent. */
  destroy(reason: PageSwarmError): void {
    this.shutDown(reason);
    for (const connection of [...this.streams.keys()]) connection.destroy('local-destroy', reason);
  }

  private connectOnce(): ConnectionAttempt {
    const attempt = new ConnectionAttempt({
      ...this.options,
      streams: (made) => {
        const streams = new ClientStreams(made);
        this.streams.set(made, streams);
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
    this.current = this.streams.get(connection);
    this.attempt = undefined;
    this.backoff.reset();
    this.owner.connected(connection.remote);
  }

  private lost(connection: Connection, error: PageSwarmError): void {
    const wasOpen = this.streams.has(connection);
    if (this.current?.connection === connection) this.current = undefined;
    void connection.closed.then(() => this.streams.delete(connection));
    if (!wasOpen || this.current) return;
    this.owner.disconnected(error);
    this.redial();
  }

  private redial(): void {
    if (!this.options.keepConnected || this.isClosed || this.redialTimer) return;
    this.owner.reconnecting();
    this.redialTimer = setTimeout(() => {
      this.redialTimer = undefined;
      this.acquire().catch((error) => {
        const why = isPageSwarmError(error) ? error.detail : error;
        this.options.logger.debug?.(`Reconnecting to ${formatEndpoint(this.endpoint)} failed: ${why}`);
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
