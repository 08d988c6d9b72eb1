import { randomUUID } from 'node:crypto';
import type { Logger } from '@pageswarm/observability';
import { Redis } from 'ioredis';
import { MAX_SNAPSHOT_BATCH, SNAPSHOT_VERSION, type SnapshotEntry, type SnapshotKind, type SnapshotStore } from './snapshot-store.ts';

/** What our keys in a shared Redis begin with. */
export const REDIS_PREFIX = `pageswarm:tracker:${SNAPSHOT_VERSION}:`;
/** How long Redis may take to connect, and to answer one command, in milliseconds. */
export const REDIS_CONNECT_TIMEOUT_MS = 2_000;
export const REDIS_COMMAND_TIMEOUT_MS = 3_000;
/** The longest wait between two attempts to connect, in milliseconds. */
export const REDIS_RECONNECT_MS = 2_000;

/** A copy in Redis: one hash for each kind, a field for each entry. While Redis is away every command fails at once. */
export class RedisSnapshotStore implements SnapshotStore {
  readonly technology = 'Redis';
  private readonly redis: Redis;
  private readonly prefix: string;

  constructor(url: string, logger: Logger, prefix = REDIS_PREFIX) {
    this.prefix = prefix;
    this.redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      connectTimeout: REDIS_CONNECT_TIMEOUT_MS,
      commandTimeout: REDIS_COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, REDIS_RECONNECT_MS),
    });
    this.redis.on('error', (error) => logger.debug({ err: error }, 'Redis connection'));
  }

  async dataSet(): Promise<string> {
    await this.connected();
    const key = `${this.prefix}data-set`;
    await this.redis.set(key, randomUUID(), 'NX');
    return (await this.redis.get(key)) ?? '';
  }

  async *load(kind: SnapshotKind): AsyncGenerator<SnapshotEntry[]> {
    await this.connected();
    let cursor = '0';
    do {
      const [next, flat] = await this.redis.hscan(this.prefix + kind, cursor, 'COUNT', MAX_SNAPSHOT_BATCH);
      const entries: SnapshotEntry[] = [];
      for (let at = 0; at + 1 < flat.length; at += 2) entries.push([flat[at] as string, flat[at + 1] as string]);
      if (entries.length > 0) yield entries;
      cursor = next;
    } while (cursor !== '0');
  }

  async save(kind: SnapshotKind, entries: readonly SnapshotEntry[], removed: readonly string[]): Promise<void> {
    await this.connected();
    const key = this.prefix + kind;
    if (entries.length > 0) await this.redis.hset(key, ...entries.flat());
    if (removed.length > 0) await this.redis.hdel(key, ...removed);
  }

  async close(): Promise<void> {
    this.redis.disconnect();
  }

  /** The first use connects; from then on the client reconnects by itself. */
  private async connected(): Promise<void> {
    if (this.redis.status === 'wait') await this.redis.connect();
  }
}
