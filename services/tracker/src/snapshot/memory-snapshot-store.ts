import { randomUUID } from 'node:crypto';
import {
  type LoadedEntry,
  type LoadPlace,
  MAX_SNAPSHOT_BATCH,
  type SnapshotEntry,
  type SnapshotKind,
  type SnapshotStore,
} from './snapshot-store.ts';

/** A copy in memory: the twin that tests use. */
export class MemorySnapshotStore implements SnapshotStore {
  readonly technology = 'memory';
  private name: string = randomUUID();
  private readonly entries = { documents: new Map<string, Buffer>(), peers: new Map<string, Buffer>(), notes: new Map<string, Buffer>() };

  async dataSet(): Promise<string> {
    return this.name;
  }

  async *load(kind: SnapshotKind, place: LoadPlace = { next: undefined }): AsyncGenerator<LoadedEntry[]> {
    const entries = [...this.entries[kind]].map(([id, value]): LoadedEntry => [Buffer.from(id, 'hex'), value]);
    for (let at = Number(place.next ?? 0); at < entries.length; at += MAX_SNAPSHOT_BATCH) {
      yield entries.slice(at, at + MAX_SNAPSHOT_BATCH);
      place.next = String(at + MAX_SNAPSHOT_BATCH);
    }
  }

  async count(kind: SnapshotKind): Promise<number> {
    return this.entries[kind].size;
  }

  mayPass(): boolean {
    return true;
  }

  async save(kind: SnapshotKind, entries: readonly SnapshotEntry[], removed: readonly string[]): Promise<void> {
    for (const [id, value] of entries) this.entries[kind].set(id, value);
    for (const id of removed) this.entries[kind].delete(id);
  }

  async settle(): Promise<void> {}

  /** Loses everything, as a store without a disk does when it restarts. */
  lose(): void {
    this.name = randomUUID();
    for (const entries of Object.values(this.entries)) entries.clear();
  }

  async close(): Promise<void> {}
}
