import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import { type Clock, type DocumentId, isPageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import { RESTORED_PER_TURN } from '../snapshot/copy-restorer.ts';
import type { CopySharing } from '../snapshot/copy-sharing.ts';
import { DirtyIds } from '../snapshot/dirty-ids.ts';
import { decodeDocument } from '../snapshot/document-codec.ts';
import type { KeptNotes } from '../snapshot/kept-notes.ts';
import { encodePeer } from '../snapshot/peer-codec.ts';
import type { RedisSnapshotStore } from '../snapshot/redis-snapshot-store.ts';
import type { SnapshotEntry } from '../snapshot/snapshot-store.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { HostTable } from '../swarm/host-table.ts';
import { type KnownPeers, mergeDocument } from './document-merge.ts';
import { SharedLeases } from './shared-leases.ts';
import type { TrackerChange, TrackerChanges } from './tracker-changes.ts';

/** How much a mark may seem renewed though it is not, in milliseconds: moments in Redis are rounded. */
const MARK_SLACK_MS = 5;

/** What is known of another tracker. */
interface OtherTracker {
  /** How long its mark lasted when it was first seen, and when that was. */
  readonly leftMs: number;
  readonly seenAt: number;
  isProven: boolean;
  /** Whether its leases are known, and only changes of them have to be followed. */
  isRead: boolean;
}

/** Everything that sharing a catalog reads and writes. */
export interface SharedParts {
  readonly catalog: Catalog;
  readonly hosts: HostTable;
  readonly snapshotter: Snapshotter;
  readonly notes: KeptNotes;
  readonly store: RedisSnapshotStore;
  readonly changes: TrackerChanges;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Looks after peers that nobody vouches for any more. */
  readonly confirm: () => void;
}

/**
 * Several trackers on one Redis share one catalog: each writes what changed at it and takes in what changed at others, in
 * the steps of its snapshot. Peers stay where they renew; see docs/adr/0008-shared-catalog.md.
 */
export class CatalogSharing implements CopySharing {
  private readonly leases: SharedLeases;
  private readonly dirty: DirtyIds<PeerId>;
  /** Peers that renew here. */
  private readonly own = new Set<PeerId>();
  private readonly forgotten = new Set<PeerId>();
  private readonly trackers = new Map<PeerId, OtherTracker>();
  /** Since when the copy is the one that it is, in milliseconds of the clock. */
  private beganAt = 0;
  private readonly peers: KnownPeers;

  constructor(private readonly parts: SharedParts) {
    const { hosts, clock } = parts;
    this.leases = new SharedLeases(hosts, clock);
    this.dirty = new DirtyIds(
      () => this.own.values(),
      () => clock.monotonic(),
    );
    this.peers = {
      isOwn: (peerId) => hosts.get(peerId)?.isOwn === true,
      isKnown: (peerId) => hosts.get(peerId) !== undefined,
      isLeasedAt: (tag, peerId) => this.leases.isLeasedAt(tag, peerId),
    };
    hosts.onChange((kind, { peerId, isOwn }) => {
      if (kind === 'left' && parts.snapshotter.isOrdered) this.forgotten.add(peerId);
      const wasOwn = this.own.has(peerId);
      const isOwnNow = kind !== 'left' && isOwn;
      if (wasOwn || isOwnNow) this.dirty.mark(peerId);
      if (isOwnNow) this.own.add(peerId);
      else this.own.delete(peerId);
      if (isOwnNow && !wasOwn) this.tellDocumentsOf(peerId);
    });
  }

  /** How many other trackers run. */
  get trackerCount(): number {
    let count = 0;
    for (const { isProven } of this.trackers.values()) if (isProven) count++;
    return count;
  }

  /** Peers that are listed on the word of other trackers. */
  get peerCount(): number {
    return this.leases.size;
  }

  async begin(): Promise<void> {
    await this.parts.changes.seek();
    this.beganAt = this.parts.clock.monotonic();
    for (const other of this.trackers.values()) other.isRead = false;
  }

  async read(): Promise<void> {
    const { changes } = this.parts;
    if (!(await changes.beat())) {
      await changes.enlist();
      this.dirty.markAll();
    }
    await this.lookForTrackers();
    for (;;) {
      const { changes: heard, hasGap } = await changes.read();
      if (hasGap) await this.readEverything();
      for (const change of heard) await this.take(change);
      if (heard.length === 0 && !hasGap) break;
    }
    this.leases.heard();
  }

  async write(): Promise<void> {
    for (let ids = this.dirty.take(); ids.length + this.forgotten.size > 0; ids = this.dirty.take()) {
      const { hosts, changes } = this.parts;
      const records = ids.map((id) => hosts.get(id));
      const entries = records
        .filter((record) => record?.isOwn)
        .map((record): SnapshotEntry => {
          const own = record as NonNullable<typeof record>;
          return [own.peerId, encodePeer(own)];
        });
      const ended = ids.filter((_, n) => !records[n]?.isOwn);
      const forgotten = [...this.forgotten];
      this.forgotten.clear();
      try {
        await changes.saveLeases(entries, ended, forgotten);
      } catch (error) {
        this.dirty.giveBack(ids);
        for (const id of forgotten) this.forgotten.add(id);
        throw error;
      }
      await setImmediate();
    }
  }

  end(): Promise<void> {
    return this.parts.changes.resign();
  }

  /** Takes in an entry of the copy about a document that is known here. */
  merge(id: string, bytes: Buffer): void {
    const { catalog, snapshotter, clock } = this.parts;
    const stored = decodeDocument(id, bytes);
    const knowsMore = mergeDocument(catalog, stored, this.peers, clock.now());
    const record = catalog.get(stored.facts.id);
    if (!record) return;
    if (knowsMore) snapshotter.documents.changed(record);
    else snapshotter.documents.same(record);
  }

  /**
   * A tracker counts once it was seen to renew its mark: one that was killed leaves a mark behind, and its peers are
   * not to be taken for living ones by the process that comes in its place.
   */
  private async lookForTrackers(): Promise<void> {
    const { changes, clock } = this.parts;
    const asked = clock.monotonic();
    const marks = await changes.others();
    const answered = clock.monotonic();
    for (const [tracker, leftMs] of marks) {
      if (leftMs < 0) continue;
      const known = this.trackers.get(tracker);
      if (!known) this.trackers.set(tracker, { leftMs, seenAt: answered, isProven: false, isRead: false });
      else if (known.isProven || leftMs > known.leftMs - (asked - known.seenAt) + MARK_SLACK_MS) await this.follow(tracker, known);
    }
    // A Redis that has just come back has the marks of those only that were quicker than this one.
    if (asked - this.beganAt < changes.silenceMs) return;
    for (const tracker of this.trackers.keys())
      if ((marks.get(tracker) ?? -1) < 0) {
        this.lose(tracker);
        await changes.strike(tracker);
      }
  }

  private async follow(tracker: PeerId, other: OtherTracker): Promise<void> {
    if (!other.isProven) this.parts.logger.info({ tracker }, 'another tracker shares the catalog');
    other.isProven = true;
    if (!other.isRead) await this.readLeases(tracker);
    other.isRead = true;
  }

  private lose(tracker: PeerId): void {
    if (this.trackers.get(tracker)?.isProven) this.parts.logger.warn({ tracker }, 'another tracker is gone; its peers are looked after');
    this.trackers.delete(tracker);
    this.parts.snapshotter.takingIn(() => this.leases.lose(tracker));
    this.parts.confirm();
  }

  private async readLeases(tracker: PeerId): Promise<void> {
    const found = new Set<string>();
    for await (const entries of this.parts.changes.allLeases(tracker)) {
      this.parts.snapshotter.takingIn(() => {
        for (const [id, value] of entries) {
          found.add(id);
          this.leases.take(tracker, id, value);
        }
      });
      await setImmediate();
    }
    this.parts.snapshotter.takingIn(() => this.leases.keepOnly(tracker, found));
  }

  /** So much changed that some of it was not kept for this tracker. */
  private async readEverything(): Promise<void> {
    const { store, logger } = this.parts;
    logger.warn('too many changes of other trackers to follow one by one; the whole copy is read');
    await this.begin();
    await this.lookForTrackers();
    for await (const entries of store.load('notes')) await this.takeNotes(entries.map(([id]) => id.toString('hex')));
    for await (const entries of store.load('documents'))
      await this.takeDocuments(entries.map(([id, value]) => [id.toString('hex'), value]));
  }

  private async take(change: TrackerChange): Promise<void> {
    const { changes, store, snapshotter } = this.parts;
    const { tracker, peers, documents, forgotten } = change;
    // Whoever tells of a change runs.
    const known = this.trackers.get(tracker) ?? { leftMs: 0, seenAt: 0, isProven: false, isRead: false };
    this.trackers.set(tracker, known);
    await this.follow(tracker, known);
    if (peers.length > 0) {
      const values = await changes.leases(tracker, peers);
      snapshotter.takingIn(() => {
        for (const [n, id] of peers.entries()) this.leases.take(tracker, id, values[n] ?? undefined);
      });
    }
    snapshotter.takingIn(() => {
      for (const id of forgotten) this.leases.forget(id as PeerId);
    });
    await this.takeNotes(change.notes);
    if (documents.length > 0) {
      const values = await store.get(
        'documents',
        documents.map((id) => Buffer.from(id, 'hex')),
      );
      await this.takeDocuments(documents.flatMap((id, n) => (values[n] ? [[id, values[n]] as const] : [])));
    }
    for (const id of change.ordered) this.takeRemoval(id as DocumentId, true);
    for (const id of change.removed) this.takeRemoval(id as DocumentId, false);
    if (change.isLast) this.lose(tracker);
  }

  /** What an admin decided at another tracker holds here too. */
  private async takeNotes(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { store, snapshotter, notes } = this.parts;
    const values = await store.get(
      'notes',
      ids.map((id) => Buffer.from(id, 'hex')),
    );
    snapshotter.takingIn(() => {
      for (const [n, id] of ids.entries())
        try {
          // Written anew, it takes the place of what was noted before.
          notes.drop(id);
          const bytes = values[n];
          if (bytes) notes.restore(id, bytes);
        } catch (error) {
          if (!isPageSwarmError(error)) throw error;
          snapshotter.restorer.countUnreadable();
        }
    });
  }

  private async takeDocuments(entries: readonly (readonly [id: string, value: Buffer])[]): Promise<void> {
    const { snapshotter } = this.parts;
    for (let at = 0; at < entries.length; at += RESTORED_PER_TURN) {
      for (const [id, value] of entries.slice(at, at + RESTORED_PER_TURN))
        try {
          snapshotter.takingIn(() => this.merge(id, value));
        } catch (error) {
          if (!isPageSwarmError(error)) throw error;
          snapshotter.restorer.countUnreadable();
        }
      await setImmediate();
    }
  }

  private takeRemoval(id: DocumentId, isOrdered: boolean): void {
    const { catalog, snapshotter } = this.parts;
    const record = catalog.get(id);
    if (!record) return;
    snapshotter.documents.lost(record);
    // A peer of this tracker still has it: then it is listed on.
    if (!isOrdered && [...record.holdings.keys()].some((peerId) => this.peers.isOwn(peerId))) snapshotter.documents.changed(record);
    else catalog.remove(id);
  }

  /** Another tracker may not have known the peer when it read who holds these. */
  private tellDocumentsOf(peerId: PeerId): void {
    if (this.trackerCount === 0) return;
    for (const record of this.parts.catalog.documentsOf(peerId)) this.parts.snapshotter.documents.changed(record);
  }
}
