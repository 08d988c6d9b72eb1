import { randomUUID } from 'node:crypto';
import { isPassing, type RedisConnection, type RedisTransaction } from './redis-connection.ts';
import {
  type LoadedEntry,
  type LoadPlace,
  SNAPSHOT_VERSION,
  type SnapshotEntry,
  type SnapshotKind,
  type SnapshotStore,
} from './snapshot-store.ts';

/** What our keys in a shared Redis begin with. */
export const REDIS_PREFIX = `pageswarm:tracker:${SNAPSHOT_VERSION}:`;

/** About how many entries one look at a hash gives; each look costs a round trip, and stops Redis for as long. */
export const ENTRIES_PER_SCAN = 1_000;

/** Hears of every step that documents are saved in, to tell other trackers in the same transaction. */
export type SaveWitness = (
  transaction: RedisTransaction,
  change: Partial<Record<'documents' | 'removed' | 'ordered' | 'notes', readonly Buffer[]>>,
) => void;

/** A copy in Redis: one hash for each kind, a field of bytes for each entry. */
export class RedisSnapshotStore implements SnapshotStore {
  readonly technology = 'Redis';

  /** @param witness is told of documents and notes alone */
  constructor(
    private readonly redis: RedisConnection,
    private readonly prefix = REDIS_PREFIX,
    private readonly witness?: SaveWitness,
  ) {}

  async dataSet(): Promise<string> {
    const redis = await this.redis.connected();
    const key = `${this.prefix}data-set`;
    const name = await redis.get(key);
    // A Redis without room refuses to set what is there already.
    if (name !== null) return name;
    await redis.set(key, randomUUID(), 'NX');
    return (await redis.get(key)) ?? '';
  }

  async *load(kind: SnapshotKind, place: LoadPlace = { next: undefined }): AsyncGenerator<LoadedEntry[]> {
    const redis = await this.redis.connected();
    // The cursor of a scan means something to the process alone that gave it.
    const run = await this.redis.runId();
    const [runBefore, cursorBefore = '0'] = place.next?.split(' ') ?? [];
    const scan = (cursor: Buffer | string) => redis.hscanBuffer(this.prefix + kind, cursor as string, 'COUNT', ENTRIES_PER_SCAN);
    let next: ReturnType<typeof scan> | undefined = scan(runBefore === run ? cursorBefore : '0');
    while (next) {
      const [cursor, flat]: [Buffer, Buffer[]] = await next;
      // Redis looks for the next entries while these are taken in.
      next = cursor.toString() === '0' ? undefined : scan(cursor);
      // A failure is thrown when it is this step's turn, not before.
      next?.catch(() => undefined);
      const entries: LoadedEntry[] = [];
      for (let at = 0; at + 1 < flat.length; at += 2) entries.push([flat[at] as Buffer, flat[at + 1] as Buffer]);
      if (entries.length > 0) yield entries;
      place.next = `${run} ${cursor}`;
    }
  }

  async count(kind: SnapshotKind): Promise<number> {
    return (await this.redis.connected()).hlen(this.prefix + kind);
  }

  mayPass(error: unknown): boolean {
    return isPassing(error);
  }

  /** Single entries as they are now, in the order of the ids. */
  async get(kind: SnapshotKind, ids: readonly Buffer[]): Promise<(Buffer | null)[]> {
    const redis = await this.redis.connected();
    return redis.hmgetBuffer(this.prefix + kind, ...ids);
  }

  async save(
    kind: SnapshotKind,
    entries: readonly SnapshotEntry[],
    removed: readonly string[],
    ordered: readonly string[] = [],
  ): Promise<void> {
    if (entries.length + removed.length === 0) return;
    const key = this.prefix + kind;
    const changed = entries.map(([id]) => Buffer.from(id, 'hex'));
    const gone = removed.map((id) => Buffer.from(id, 'hex'));
    await this.redis.together((transaction) => {
      if (entries.length > 0) transaction.hset(key, ...entries.flatMap(([, value], n) => [changed[n] as Buffer, value]));
      if (gone.length > 0) transaction.hdel(key, ...gone);
      if (kind === 'notes') this.witness?.(transaction, { notes: [...changed, ...gone] });
      if (kind !== 'documents') return;
      const isOrdered = new Set(ordered);
      const orderedIds = gone.filter((_, n) => isOrdered.has(removed[n] as string));
      const others = ordered.length === 0 ? gone : gone.filter((_, n) => !isOrdered.has(removed[n] as string));
      this.witness?.(transaction, { documents: changed, removed: others, ordered: orderedIds });
    });
  }

  async settle(): Promise<void> {}

  async close(): Promise<void> {
    this.redis.close();
  }
}
