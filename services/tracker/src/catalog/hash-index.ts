import { ShardedMap } from './sharded-map.ts';

/** Finds items by hashes that are usually theirs alone. Two files can be made with one md5, so several may share one. */
export class HashIndex<T> {
  private readonly items = new ShardedMap<string, T | T[]>();

  add(hash: string, item: T): void {
    const present = this.items.get(hash);
    if (present === undefined) this.items.set(hash, item);
    else this.items.set(hash, [...(Array.isArray(present) ? present : [present]), item]);
  }

  delete(hash: string, item: T): void {
    const present = this.items.get(hash);
    if (!Array.isArray(present)) {
      if (present === item) this.items.delete(hash);
      return;
    }
    const rest = present.filter((other) => other !== item);
    this.items.set(hash, rest.length === 1 ? (rest[0] as T) : rest);
  }

  /** The item that came first with this hash. */
  get(hash: string): T | undefined {
    const present = this.items.get(hash);
    return Array.isArray(present) ? present[0] : present;
  }
}
