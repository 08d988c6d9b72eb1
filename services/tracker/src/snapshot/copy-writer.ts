import { setImmediate } from 'node:timers/promises';
import type { PeerId } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import { Pace } from '../columns/pace.ts';
import type { HostTable } from '../swarm/host-table.ts';
import type { LoopTurns } from '../swarm/loop-turns.ts';
import type { DirtyDocuments } from './dirty-documents.ts';
import type { DirtyIds } from './dirty-ids.ts';
import { encodeDocument } from './document-codec.ts';
import type { KeptNotes } from './kept-notes.ts';
import { encodePeer } from './peer-codec.ts';
import { MAX_SNAPSHOT_BATCH_BYTES, type SnapshotEntry, type SnapshotStore } from './snapshot-store.ts';

/** How long documents are encoded before others get their turn, in milliseconds: saving goes on all the time, and announces wait. */
export const SAVE_TURN_MS = 2;
/** Documents that are encoded before the time is looked at. */
const ENCODED_PER_TURN = 16;

/** Notes, and those of them that differ from their copy. */
export interface DirtyNotes {
  readonly kept: KeptNotes;
  readonly dirty: DirtyIds<string>;
}

/** Changes that are being written. */
export interface ChangesUnderWay {
  readonly count: number;
  /** Since when the oldest of them has waited, in milliseconds of the clock. */
  readonly since: number | undefined;
}
const NOTHING_UNDER_WAY: ChangesUnderWay = { count: 0, since: undefined };

/** Writes what differs from the copy into it, a batch at a time; what the store did not take differs on. */
export class CopyWriter {
  private entries = 0;
  private bytes = 0;
  private changes = NOTHING_UNDER_WAY;
  private readonly pace: Pace;

  constructor(
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly writerTag: string,
    turns: LoopTurns,
  ) {
    this.pace = new Pace(SAVE_TURN_MS, () => turns.next());
  }

  /** Entries that were written or removed, ever, and the bytes of the written ones. */
  get savedEntries(): number {
    return this.entries;
  }

  get savedBytes(): number {
    return this.bytes;
  }

  /** What is on its way to the store, and is saved only when that says so. */
  get underWay(): ChangesUnderWay {
    return this.changes;
  }

  /** Holders come before the documents that name them. */
  async save(store: SnapshotStore, peers: DirtyIds<PeerId>, documents: DirtyDocuments, notes: DirtyNotes | undefined): Promise<void> {
    try {
      await this.savePeers(store, peers);
      await this.saveDocuments(store, documents);
      if (notes) await this.saveNotes(store, notes);
    } finally {
      this.changes = NOTHING_UNDER_WAY;
    }
  }

  private async savePeers(store: SnapshotStore, dirty: DirtyIds<PeerId>): Promise<void> {
    for (let ids = dirty.take(); ids.length > 0; ids = dirty.take()) {
      this.changes = { count: ids.length, since: dirty.takenSince };
      const entries: SnapshotEntry[] = [];
      const removed: PeerId[] = [];
      for (const id of ids) {
        const record = this.hosts.get(id);
        if (record) entries.push([id, encodePeer(record)]);
        else removed.push(id);
      }
      await this.saveBatch(
        () => store.save('peers', entries, removed),
        entries,
        removed,
        () => dirty.giveBack(ids),
      );
    }
  }

  private async saveNotes(store: SnapshotStore, { kept, dirty }: DirtyNotes): Promise<void> {
    for (let ids = dirty.take(); ids.length > 0; ids = dirty.take()) {
      this.changes = { count: ids.length, since: dirty.takenSince };
      const found = ids.map((id) => [id, kept.encode(id)] as const);
      const entries = found.filter((entry): entry is SnapshotEntry => entry[1] !== undefined);
      const removed = found.filter(([, bytes]) => bytes === undefined).map(([id]) => id);
      await this.saveBatch(
        () => store.save('notes', entries, removed),
        entries,
        removed,
        () => dirty.giveBack(ids),
      );
    }
  }

  private async saveDocuments(store: SnapshotStore, dirty: DirtyDocuments): Promise<void> {
    for (let batch = dirty.take(); batch.slots.length + batch.removed.length > 0; batch = dirty.take()) {
      const { slots, removed, ordered } = batch;
      this.changes = { count: slots.length + removed.length, since: dirty.takenSince };
      const entries: SnapshotEntry[] = [];
      let bytes = 0;
      let done = 0;
      while (done < slots.length && bytes < MAX_SNAPSHOT_BATCH_BYTES) {
        // What changes meanwhile is marked anew, and written with a later batch.
        if (done % ENCODED_PER_TURN === 0) await this.pace.turn();
        const record = this.catalog.at(slots[done++] as number);
        if (!record) continue;
        const value = encodeDocument(record, this.writerTag);
        entries.push([record.id, value]);
        bytes += value.length;
      }
      dirty.giveBack({ slots: slots.slice(done), removed: [], ordered: [] });
      this.changes = { count: done + removed.length, since: dirty.takenSince };
      const giveBack = () => dirty.giveBack({ slots: slots.slice(0, done), removed, ordered });
      // A store takes some milliseconds more for what it is given at once.
      await this.pace.pause();
      await this.saveBatch(() => store.save('documents', entries, removed, ordered), entries, removed, giveBack);
    }
  }

  private async saveBatch(
    write: () => Promise<void>,
    entries: readonly SnapshotEntry[],
    removed: readonly string[],
    giveBack: () => void,
  ): Promise<void> {
    try {
      await write();
    } catch (error) {
      giveBack();
      throw error;
    } finally {
      this.changes = NOTHING_UNDER_WAY;
    }
    this.entries += entries.length + removed.length;
    for (const [, value] of entries) this.bytes += value.length;
    await setImmediate();
  }
}
