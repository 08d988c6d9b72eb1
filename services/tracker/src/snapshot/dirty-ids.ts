import { MAX_SNAPSHOT_BATCH } from './snapshot-store.ts';

/**
 * The ids whose entries differ from their copy. `all` marks everything without touching each entry at once: it is walked
 * through as batches are taken.
 */
export class DirtyIds<Id extends string> {
  private readonly ids = new Set<Id>();
  private walk: Iterator<Id> | undefined;
  private since: number | undefined;
  private oldestTaken: number | undefined;

  /** @param everything the ids of all entries; changes while it is walked are marked one by one anyway */
  constructor(
    private readonly everything: () => Iterator<Id>,
    private readonly now: () => number,
  ) {}

  get isClean(): boolean {
    return this.ids.size === 0 && this.walk === undefined;
  }

  /** Ids that are known to be dirty; while everything is being walked there are more. */
  get count(): number {
    return this.ids.size;
  }

  /** Since when something waits, in milliseconds of the clock; undefined when nothing does. */
  get waitingSince(): number | undefined {
    return this.isClean ? undefined : this.since;
  }

  /** Since when the oldest of what was taken last had waited. */
  get takenSince(): number | undefined {
    return this.oldestTaken;
  }

  mark(id: Id): void {
    if (this.isClean) this.since = this.now();
    this.ids.add(id);
  }

  markAll(): void {
    if (this.isClean) this.since = this.now();
    this.walk = this.everything();
  }

  /** Up to {@link MAX_SNAPSHOT_BATCH} ids, which are clean from now on. */
  take(): Id[] {
    this.oldestTaken = this.waitingSince;
    const batch: Id[] = [];
    for (const id of this.ids) {
      if (batch.length === MAX_SNAPSHOT_BATCH) return batch;
      batch.push(id);
      this.ids.delete(id);
    }
    while (this.walk && batch.length < MAX_SNAPSHOT_BATCH) {
      const { value, done } = this.walk.next();
      if (done) this.walk = undefined;
      else batch.push(value);
    }
    return batch;
  }

  /** What was taken could not be saved. */
  giveBack(ids: readonly Id[]): void {
    if (ids.length === 0) return;
    if (this.isClean || (this.oldestTaken ?? Infinity) < (this.since ?? Infinity)) this.since = this.oldestTaken;
    for (const id of ids) this.ids.add(id);
  }
}
