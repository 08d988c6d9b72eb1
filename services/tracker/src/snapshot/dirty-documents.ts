import type { DocumentId } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { SlotSet } from '../columns/slot-set.ts';
import { MAX_SNAPSHOT_BATCH } from './snapshot-store.ts';

/** Documents whose entries differ from their copy: some to be written, some to be removed from it. */
export interface DirtyBatch {
  readonly slots: readonly number[];
  readonly removed: readonly DocumentId[];
  /** Those of them that somebody ordered to be gone, whoever holds them. */
  readonly ordered: readonly DocumentId[];
}

/**
 * Which documents differ from their copy: a bit for each, so that a million changes cost no memory and no pause, and the
 * ids of those that are gone from the catalog but not from the copy.
 */
export class DirtyDocuments {
  private readonly dirty = new SlotSet();
  /** Documents that may be in the copy, and so have to be removed from it when they go. */
  private readonly copied = new SlotSet();
  private removed: DocumentId[] = [];
  private ordered: DocumentId[] = [];
  private slotCount = 0;
  private since: number | undefined;
  private oldestTaken: number | undefined;

  constructor(
    private readonly catalog: Catalog,
    private readonly now: () => number,
  ) {}

  get count(): number {
    return this.dirty.size + this.removed.length + this.ordered.length;
  }

  /** Since when something waits, in milliseconds of the clock; undefined when nothing does. */
  get waitingSince(): number | undefined {
    return this.count === 0 ? undefined : this.since;
  }

  /** Since when the oldest of what was taken last had waited. */
  get takenSince(): number | undefined {
    return this.oldestTaken;
  }

  changed({ slot }: Pick<DocumentRecord, 'slot'>): void {
    this.begin();
    this.dirty.add(slot);
    this.slotCount = Math.max(this.slotCount, slot + 1);
  }

  gone({ slot, id }: Pick<DocumentRecord, 'slot' | 'id'>, isOrdered = false): void {
    this.dirty.delete(slot);
    if (!this.copied.delete(slot)) return;
    this.begin();
    (isOrdered ? this.ordered : this.removed).push(id);
  }

  /** The copy does not hold the document any more. */
  lost({ slot }: Pick<DocumentRecord, 'slot'>): void {
    this.copied.delete(slot);
  }

  /** The copy holds the document as it is here. */
  same({ slot }: Pick<DocumentRecord, 'slot'>): void {
    this.copied.add(slot);
    this.dirty.delete(slot);
    this.slotCount = Math.max(this.slotCount, slot + 1);
  }

  /** Everything has to be written; what was removed is not there any more. */
  markAll(): void {
    this.begin();
    this.removed = [];
    this.ordered = [];
    this.dirty.addAllBelow(this.slotCount);
  }

  /** Up to {@link MAX_SNAPSHOT_BATCH} changes, which are no longer among those that wait until they are given back. */
  take(): DirtyBatch {
    this.oldestTaken = this.waitingSince;
    const isGone = (id: DocumentId) => !this.catalog.get(id);
    const ordered = this.ordered.splice(-MAX_SNAPSHOT_BATCH).filter(isGone);
    const others = ordered.length === MAX_SNAPSHOT_BATCH ? [] : this.removed.splice(ordered.length - MAX_SNAPSHOT_BATCH).filter(isGone);
    const removed = [...ordered, ...others];
    const slots: number[] = [];
    while (this.dirty.size > 0 && slots.length + removed.length < MAX_SNAPSHOT_BATCH)
      for (const slot of this.dirty.take(MAX_SNAPSHOT_BATCH - removed.length - slots.length)) {
        if (!this.catalog.at(slot)) continue;
        // From here on the copy may hold it, whether or not saving succeeds.
        this.copied.add(slot);
        slots.push(slot);
      }
    return { slots, removed, ordered };
  }

  /** What was taken could not be saved. */
  giveBack({ slots, removed, ordered }: DirtyBatch): void {
    if (slots.length + removed.length + ordered.length === 0) return;
    if (this.count === 0 || (this.oldestTaken ?? Infinity) < (this.since ?? Infinity)) this.since = this.oldestTaken;
    for (const slot of slots) if (this.catalog.at(slot)) this.dirty.add(slot);
    const isOrdered = new Set(ordered);
    this.ordered.push(...ordered);
    this.removed.push(...removed.filter((id) => !isOrdered.has(id)));
  }

  private begin(): void {
    if (this.count === 0) this.since = this.now();
  }
}
