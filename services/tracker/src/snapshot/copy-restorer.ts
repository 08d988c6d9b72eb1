import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import { type Clock, type DocumentId, isPageSwarmError } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { HostTable } from '../swarm/host-table.ts';
import type { CopySharing } from './copy-sharing.ts';
import type { DirtyDocuments } from './dirty-documents.ts';
import { decodeDocument } from './document-codec.ts';
import type { KeptNotes } from './kept-notes.ts';
import { decodePeer } from './peer-codec.ts';
import type { SnapshotKind, SnapshotStore } from './snapshot-store.ts';

/** Entries that are taken in before others get their turn. */
export const RESTORED_PER_TURN = 100;

/** Takes a copy into the catalog and the host table, a few entries at a time. Entries of others' making are passed over. */
export class CopyRestorer {
  private unreadableEntries = 0;

  /** @param takingIn runs what it is given so that it does not count as a change to be saved */
  constructor(
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly documents: DirtyDocuments,
    private readonly takingIn: (take: () => void) => void,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Entries that were passed over since the copy was last read. */
  get unreadable(): number {
    return this.unreadableEntries;
  }

  /** An entry was passed over. */
  countUnreadable(): void {
    this.unreadableEntries++;
  }

  /** @param sharing takes in what is known here already, if there is one */
  async restore(store: SnapshotStore, notes: KeptNotes | undefined, sharing: CopySharing | undefined): Promise<void> {
    const started = this.clock.monotonic();
    this.unreadableEntries = 0;
    const isEmpty = this.catalog.size === 0;
    if (notes) await this.takeAll(store, 'notes', (id, bytes) => notes.restore(id, bytes));
    await this.takeAll(store, 'peers', (id, bytes) => this.hosts.restore(decodePeer(id, bytes).facts));
    await this.takeAll(store, 'documents', (id, bytes) => this.takeDocument(id, bytes, isEmpty, sharing));
    // Holders that no peer entry tells the address of can never be reached or expire.
    for (const peerId of this.catalog.holderIds()) if (!this.hosts.get(peerId)) this.catalog.dropPeer(peerId, this.clock.now());
    const { unreadable } = this;
    const { size } = this.catalog;
    if (size > 0 || unreadable > 0)
      this.logger.info({ documents: size, peers: this.hosts.size, unreadable, ms: this.clock.monotonic() - started }, 'snapshot restored');
  }

  /** @param isNew there was nothing here before, as at nearly every start: then nothing has to be looked up */
  private takeDocument(id: string, bytes: Buffer, isNew: boolean, sharing: CopySharing | undefined): void {
    const known = isNew ? undefined : this.catalog.get(id as DocumentId);
    if (known && sharing) {
      sharing.merge(id, bytes);
      return;
    }
    const { facts, past } = decodeDocument(id, bytes);
    this.catalog.restore(facts, past, this.clock.now());
    // What is known here wins, and may differ from what the copy holds.
    if (known) this.documents.changed(known);
  }

  private async takeAll(store: SnapshotStore, kind: SnapshotKind, take: (id: string, bytes: Buffer) => void): Promise<void> {
    for await (const entries of store.load(kind))
      for (let at = 0; at < entries.length; at += RESTORED_PER_TURN) {
        this.takingIn(() => {
          for (const [id, bytes] of entries.slice(at, at + RESTORED_PER_TURN)) this.takeEntry(id, bytes, take);
        });
        await setImmediate();
      }
  }

  private takeEntry(id: string, bytes: Buffer, take: (id: string, bytes: Buffer) => void): void {
    try {
      take(id, bytes);
    } catch (error) {
      if (!isPageSwarmError(error)) throw error;
      if (this.unreadable === 0) this.logger.warn({ entry: id, code: error.code }, error.detail);
      this.countUnreadable();
    }
  }
}
