/** Maps behind one face; a power of two. A map of a million entries stands still for a tenth of a second when it grows. */
export const SHARDS = 256;

/** A map of many texts whose growth never takes long: each of its shards grows on its own. */
export class ShardedMap<K extends string, V> {
  private readonly shards = Array.from({ length: SHARDS }, () => new Map<K, V>());
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(key: K): V | undefined {
    return this.shardOf(key).get(key);
  }

  has(key: K): boolean {
    return this.shardOf(key).has(key);
  }

  set(key: K, value: V): void {
    const shard = this.shardOf(key);
    const before = shard.size;
    shard.set(key, value);
    this.count += shard.size - before;
  }

  delete(key: K): boolean {
    const deleted = this.shardOf(key).delete(key);
    if (deleted) this.count--;
    return deleted;
  }

  /** In no order; entries may come and go while they are read. */
  *values(): Generator<V> {
    for (const shard of this.shards) yield* shard.values();
  }

  /** By the last letters, which differ most among names and hashes. */
  private shardOf(key: K): Map<K, V> {
    const end = key.length;
    const hash = (key.charCodeAt(end - 1) * 31 + key.charCodeAt(end - 2)) * 31 + key.charCodeAt(end - 3) + end;
    return this.shards[(hash ^ (hash >> 8)) & (SHARDS - 1)] as Map<K, V>;
  }
}
