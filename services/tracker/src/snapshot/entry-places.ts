/** Maps behind one face, a power of two: a map of a million entries stands still for a tenth of a second when it grows. */
const SHARDS = 256;

/** Where the living frame of each entry begins in the snapshot file, by the bytes of its id as latin1. */
export class EntryPlaces {
  private readonly shards = Array.from({ length: SHARDS }, () => new Map<string, number>());

  get size(): number {
    return this.shards.reduce((sum, { size }) => sum + size, 0);
  }

  get(key: string): number | undefined {
    return this.shardOf(key).get(key);
  }

  set(key: string, start: number): void {
    this.shardOf(key).set(key, start);
  }

  delete(key: string): void {
    this.shardOf(key).delete(key);
  }

  private shardOf(key: string): Map<string, number> {
    return this.shards[key.charCodeAt(key.length - 1) & (SHARDS - 1)] as Map<string, number>;
  }
}
