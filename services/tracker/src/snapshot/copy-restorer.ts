import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import { type Clock, type DocumentId, isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import { Pace } from '../columns/pace.ts';
import type { HostTable } from '../swarm/host-table.ts';
import { CatalogFiller } from './catalog-filler.ts';
import type { CopySharing } from './copy-sharing.ts';
import type { DirtyDocuments } from './dirty-documents.ts';
import { decodeDocument } from './document-codec.ts';
import type { KeptNotes } from './kept-notes.ts';
import { decodePeer } from './peer-codec.ts';
import { type LoadedEntry, type LoadPlace, SNAPSHOT_KINDS, type SnapshotKind, type SnapshotStore } from './snapshot-store.ts';

/** Entries that are taken in before others may get their turn. */
export const RESTORED_PER_TURN = 50;
/**
 * For how long nothing of a copy may come, once some of it has, in milliseconds. Then the tracker serves without the rest
 * and goes on reading with the next step of its snapshot.
 */
export const RESTORE_PATIENCE_MS = 30_000;
/** The pause before what failed is tried again, in milliseconds. */
export const RESTORE_RETRY_MS = 200;

/** So often in a lease, while a copy comes, its peers are given a new one. */
const LEASE_PARTS = 4;

/** Holders come before the documents that name them, and what is forbidden before what it forbids. */
const READING_ORDER: readonly SnapshotKind[] = SNAPSHOT_KINDS.toReversed();

/** How entries of a kind are taken in. */
interface Take {
  /** Looks at those that are taken in together, from `start` to `end`. */
  begin?(entries: readonly LoadedEntry[], start: number, end: number): void;
  /** @param place which of those together it is */
  take(id: Buffer, bytes: Buffer, place: number): void;
}

/** What is done around very many documents that come at once, to those who keep them and nobody asks meanwhile. */
export interface Filling {
  begin(documents: number): Promise<void>;
  end(): Promise<void>;
}

/** A copy that is being read. */
interface Reading {
  readonly dataSet: string;
  readonly places: Record<SnapshotKind, LoadPlace>;
  readonly done: Set<SnapshotKind>;
  /** There was nothing here before, as at nearly every start: then nothing has to be looked up. */
  isNew: boolean;
  entries: number;
  startedAt: number;
  progressAt: number;
  /** When those who are known from the copy alone were last given time to show up. */
  leasedAt: number;
}

/**
 * Takes a copy into the catalog and the host table, a few entries at a time. What fails is tried again where it stood,
 * so that a copy is either in as a whole or known to be still on its way. Entries of others' making are passed over.
 */
export class CopyRestorer {
  private unreadableEntries = 0;
  private reading: Reading | undefined;
  private failure: string | undefined;
  private isAbandoned = false;
  private readonly pace = new Pace();
  /** While the catalog is being filled. */
  private filler: CatalogFiller | undefined;
  /** True while the tracker takes no part yet, so that nobody asks or tells it anything. */
  isAlone = false;

  /** @param takingIn runs what it is given so that it does not count as a change to be saved */
  constructor(
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly documents: DirtyDocuments,
    private readonly takingIn: (take: () => void) => void,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly filling?: Filling,
  ) {}

  /** Entries that were passed over since the copy was last read. */
  get unreadable(): number {
    return this.unreadableEntries;
  }

  /** Entries of the copy that have come so far; undefined while none is being read. */
  get entriesSoFar(): number | undefined {
    return this.reading?.entries;
  }

  /** Why nothing comes at this moment. */
  get obstacle(): string | undefined {
    return this.failure;
  }

  /** An entry was passed over. */
  countUnreadable(): void {
    this.unreadableEntries++;
  }

  /** The tracker ends: nothing more is waited for. */
  abandon(): void {
    this.isAbandoned = true;
  }

  /** Whether some of the copy of this name is in, and the rest is still to come. */
  isReading(dataSet: string): boolean {
    return this.reading?.dataSet === dataSet;
  }

  /** A copy that was not read before. */
  begin(dataSet: string): void {
    this.unreadableEntries = 0;
    const now = this.clock.monotonic();
    const places = { documents: { next: undefined }, peers: { next: undefined }, notes: { next: undefined } };
    const isNew = this.catalog.size === 0;
    this.reading = { dataSet, places, done: new Set(), isNew, entries: 0, startedAt: now, progressAt: now, leasedAt: now };
  }

  /**
   * Reads what is still to come of the copy that was begun, from where it stood.
   * @param sharing takes in what is known here already, if there is one
   * @throws what the store throws; another call goes on behind what came
   */
  async restore(store: SnapshotStore, notes: KeptNotes | undefined, sharing: CopySharing | undefined): Promise<void> {
    const reading = this.reading as Reading;
    const { catalog, hosts, clock } = this;
    const takes: Record<SnapshotKind, Take> = {
      notes: { take: (id, bytes) => notes?.restore(id.toString('hex'), bytes) },
      peers: { take: (id, bytes) => hosts.restore(decodePeer(id.toString('hex'), bytes).facts) },
      documents: {
        begin: (entries, start, end) => this.filler?.pack(entries, start, end),
        take: (id, bytes, place) => this.filler?.take(place) || this.takeDocument(id.toString('hex'), bytes, reading.isNew, sharing),
      },
    };
    const filling = this.isAlone && reading.isNew ? this.filling : undefined;
    if (filling) {
      await filling.begin(await store.count('documents'));
      this.filler = new CatalogFiller(catalog, () => clock.now());
    }
    try {
      for (const kind of READING_ORDER)
        if (!reading.done.has(kind)) {
          await this.readAll(store, kind, reading, takes[kind]);
          reading.done.add(kind);
        }
    } finally {
      this.filler = undefined;
      await filling?.end();
    }
    // Holders that no peer entry tells the address of can never be reached or expire.
    for (const peerId of catalog.holderIds()) if (!hosts.get(peerId)) catalog.dropPeer(peerId, clock.now());
    hosts.giveTime();
    this.reading = undefined;
    const ms = clock.monotonic() - reading.startedAt;
    const { unreadable } = this;
    if (catalog.size > 0 || unreadable > 0)
      this.logger.info({ documents: catalog.size, peers: hosts.size, unreadable, ms }, 'snapshot restored');
  }

  private async readAll(store: SnapshotStore, kind: SnapshotKind, reading: Reading, take: Take): Promise<void> {
    for (;;)
      try {
        for await (const entries of store.load(kind, reading.places[kind])) await this.takeAll(entries, reading, take);
        return;
      } catch (error) {
        const silentMs = this.clock.monotonic() - reading.progressAt;
        this.failure = error instanceof Error ? error.message : String((error as Error)?.message ?? error);
        if (this.isAbandoned || reading.entries === 0 || silentMs >= RESTORE_PATIENCE_MS || !store.mayPass(error)) {
          // Others may come in from now on and bring what the rest of the copy also has.
          reading.isNew &&= reading.entries === 0;
          reading.progressAt = this.clock.monotonic();
          throw error;
        }
        this.logger.warn({ err: error, kind, entries: reading.entries }, 'the copy stopped coming; reading goes on where it stood');
        this.hosts.giveTime();
        await sleep(RESTORE_RETRY_MS);
      }
  }

  private async takeAll(entries: readonly LoadedEntry[], reading: Reading, take: Take): Promise<void> {
    for (let at = 0; at < entries.length; at += RESTORED_PER_TURN) {
      const end = Math.min(at + RESTORED_PER_TURN, entries.length);
      this.takingIn(() => {
        take.begin?.(entries, at, end);
        for (let n = at; n < end; n++) this.takeEntry(entries[n] as LoadedEntry, n - at, take);
      });
      reading.entries += end - at;
      await this.pace.turn();
      if (this.isAbandoned) throw new PageSwarmError('GOING_AWAY', 'This tracker ends before its copy is read');
    }
    const now = this.clock.monotonic();
    reading.progressAt = now;
    this.failure = undefined;
    // While a long copy comes, nobody in it can renew.
    if (now - reading.leasedAt < this.hosts.leaseMs / LEASE_PARTS) return;
    this.hosts.giveTime();
    reading.leasedAt = now;
  }

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

  private takeEntry([id, bytes]: LoadedEntry, place: number, { take }: Take): void {
    try {
      take(id, bytes, place);
    } catch (error) {
      if (!isPageSwarmError(error)) throw error;
      if (this.unreadable === 0) this.logger.warn({ entry: id.toString('hex'), code: error.code }, error.detail);
      this.countUnreadable();
    }
  }
}
