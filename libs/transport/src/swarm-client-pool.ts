import { type Endpoint, formatEndpoint, PageSwarmError } from '@pageswarm/primitives';
import { SwarmClient } from './swarm-client.ts';
import type { SwarmClientOptions } from './swarm-client-options.ts';

/** The most endpoints that a pool keeps clients for by default. */
export const DEFAULT_POOL_CONNECTIONS = 256;
/** How long a pooled connection may be idle by default, in ms. */
export const DEFAULT_POOL_IDLE_MS = 60_000;

export interface SwarmClientPoolOptions {
  /** @default DEFAULT_POOL_CONNECTIONS */
  readonly maxConnections?: number;
  /** @default DEFAULT_POOL_IDLE_MS */
  readonly idleMs?: number;
}

/** One client per endpoint and lane. Idle connections close by themselves; a client stays usable and connects again. */
export class SwarmClientPool {
  /** In order of last use. */
  private readonly clients = new Map<string, SwarmClient>();
  private isClosed = false;

  constructor(
    private readonly base: Omit<SwarmClientOptions, 'endpoint'>,
    private readonly options: SwarmClientPoolOptions = {},
  ) {}

  get size(): number {
    return this.clients.size;
  }

  /**
   * The client of an endpoint. Each `lane` is a connection of its own, for who wants several.
   * @throws PageSwarmError LIMIT_EXCEEDED when all clients are busy and one more would be too many; GOING_AWAY after close
   */
  get(endpoint: Endpoint, lane = 0): SwarmClient {
    if (this.isClosed) throw new PageSwarmError('GOING_AWAY', 'This node is shutting down');
    const key = `${formatEndpoint(endpoint)} ${lane}`;
    const client = this.clients.get(key) ?? this.create(endpoint);
    this.clients.delete(key);
    this.clients.set(key, client);
    return client;
  }

  /** Lets running requests finish, then closes all connections. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.clients.values()].map((client) => client.close()));
    this.clients.clear();
  }

  private create(endpoint: Endpoint): SwarmClient {
    const { maxConnections = DEFAULT_POOL_CONNECTIONS, idleMs = DEFAULT_POOL_IDLE_MS } = this.options;
    if (this.clients.size >= maxConnections) this.evict(maxConnections);
    return new SwarmClient({ ...this.base, endpoint, limits: { ...this.base.limits, idleTimeoutMs: idleMs } });
  }

  /** Forgets the client that was asked for longest ago among those that nobody uses; whoever holds it may go on. */
  private evict(maxConnections: number): void {
    for (const [key, client] of this.clients) {
      if (!client.rest()) continue;
      this.clients.delete(key);
      return;
    }
    throw new PageSwarmError('LIMIT_EXCEEDED', `All ${maxConnections} connections of the pool are in use`);
  }
}
