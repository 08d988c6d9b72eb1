import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import type { Clock, PeerId } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { HostTable } from '../swarm/host-table.ts';
import { LoopTurns } from '../swarm/loop-turns.ts';
import { RESTORE_RETRY_MS } from './copy-reader.ts';
import { CopyRestorer, type Filling } from './copy-restorer.ts';
import type { CopySharing } from './copy-sharing.ts';
import { CopyWriter, type DirtyNotes } from './copy-writer.ts';
import { DirtyDocuments } from './dirty-documents.ts';
import { DirtyIds } from './dirty-ids.ts';
import type { KeptNotes } from './kept-notes.ts';
import type { SnapshotStatus } from './snapshot-status.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** For how long a store that does not answer is waited for when a tracker starts, in milliseconds. */
export const FIRST_ANSWER_MS = 4_000;

export interface SnapshotterOptions {
  readonly intervalMs: number;
  /** The beginning of this tracker's id, which its entries carry. */
  readonly writerTag: string;
  readonly filling?: Filling;
  /** Turns of the event loop that saving takes beside other long work; its own without. */
  readonly turns?: LoopTurns;
}

/**
 * Keeps a copy of the catalog in a store, only what changed, in small steps. Nothing waits for the store: while it is
 * away changes are remembered as marks. The copy is read before it is first written to, so that a store that comes late
 * still gives back what it has.
 */
export class Snapshotter {
  readonly documents: DirtyDocuments;
  readonly restorer: CopyRestorer;
  private readonly peers: DirtyIds<PeerId>;
  private readonly writer: CopyWriter;
  private notes: DirtyNotes | undefined;
  private sharing: CopySharing | undefined;
  private dataSet: string | undefined;
  private isTakingIn = false;
  /** True while somebody's order is carried out. */
  isOrdered = false;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isClosed = false;
  private readonly restoredListeners: (() => void)[] = [];
  /** The store did not answer, and may do so in a moment. */
  private mayComeSoon = false;
  private failure: string | undefined;
  private failures = 0;
  private savedAt: number | undefined;

  /** @param store undefined for a catalog that lives in memory alone */
  constructor(
    private readonly store: SnapshotStore | undefined,
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: SnapshotterOptions,
  ) {
    const now = () => clock.monotonic();
    this.documents = new DirtyDocuments(catalog, now);
    this.peers = new DirtyIds(() => peerIdsOf(hosts), now);
    this.restorer = new CopyRestorer(catalog, hosts, this.documents, (take) => this.takingIn(take), clock, logger, options.filling);
    this.writer = new CopyWriter(catalog, hosts, options.writerTag, options.turns ?? new LoopTurns());
    if (!store) return;
    catalog.onChange(({ kind, record }) => {
      if (kind === 'removed') this.documents.gone(record, this.isOrdered);
      else if (!this.isTakingIn && kind !== 'listed') this.documents.changed(record);
      else if (this.isTakingIn && kind === 'added') this.documents.same(record);
    });
    hosts.onChange((kind, { peerId }) => {
      if (!this.isTakingIn && kind !== 'state') this.peers.mark(peerId);
    });
  }

  /** From now on these are kept, too. To be called before the first step. */
  keep(kept: KeptNotes): void {
    if (!this.store) return;
    const dirty = new DirtyIds(
      () => kept.ids(),
      () => this.clock.monotonic(),
    );
    kept.onChange((id) => {
      if (!this.isTakingIn) dirty.mark(id);
    });
    this.notes = { kept, dirty };
  }

  /** From now on every step also takes in and tells what trackers change that share the store. */
  shareWith(sharing: CopySharing): void {
    this.sharing = sharing;
  }

  /**
   * Reads the copy, then takes a step in each interval. Resolves when the whole copy is in; without it only if the store
   * does not answer for {@link FIRST_ANSWER_MS}, or falls silent for as long as the restorer waits, or has another's data.
   * What is missing then comes with later steps. Never rejects.
   */
  async start(): Promise<void> {
    const { store } = this;
    if (!store) return;
    this.restorer.isAlone = true;
    const lastTry = this.clock.monotonic() + FIRST_ANSWER_MS;
    await this.step();
    while (this.mayComeSoon && !this.isClosed && this.clock.monotonic() < lastTry) {
      await sleep(RESTORE_RETRY_MS);
      await this.step();
    }
    this.restorer.isAlone = false;
    this.scheduleNext();
  }

  /** Whether everything that the store holds is here; true without a store. */
  get isRestored(): boolean {
    return this.store === undefined || this.dataSet !== undefined;
  }

  /** Calls `listener` when the whole copy is in, now or later. */
  onRestored(listener: () => void): void {
    if (this.isRestored) listener();
    else this.restoredListeners.push(listener);
  }

  /** Saves what waits, if the store answers, and lets go of it. */
  async stop(): Promise<void> {
    if (!this.store || this.isClosed) return;
    clearTimeout(this.timer);
    this.isClosed = true;
    this.restorer.abandon();
    await this.running;
    if (this.isRestored && this.failure === undefined) await this.step();
    if (this.isRestored && this.failure === undefined)
      await this.sharing?.end().catch((error) => this.logger.debug({ err: error }, 'other trackers were not told that this one ends'));
    await this.store.close();
  }

  status(): SnapshotStatus {
    const { failures, savedAt } = this;
    const { savedEntries, savedBytes, underWay } = this.writer;
    const { unreadable, entriesSoFar, obstacle } = this.restorer;
    const pending = this.documents.count + this.peers.count + (this.notes?.dirty.count ?? 0) + underWay.count;
    const waiting = [this.documents.waitingSince, this.peers.waitingSince, this.notes?.dirty.waitingSince, underWay.since].filter(
      (since) => since !== undefined,
    );
    const lagMs = waiting.length === 0 ? 0 : this.clock.monotonic() - Math.min(...waiting);
    const numbers = { pending, savedAt, failures, savedEntries, savedBytes, unreadable, lagMs };
    if (!this.store) return { state: 'off', detail: 'No store is configured; the catalog lives in memory alone', ...numbers };
    const { technology } = this.store;
    const ignored = unreadable > 0 ? `; ${unreadable} of its entries are not of this version's making and were left alone` : '';
    if (entriesSoFar !== undefined) {
      const why = obstacle === undefined ? '' : `: ${obstacle}`;
      const detail = `${technology}: ${entriesSoFar} entries of the copy are in, the rest is still to come${why}`;
      return { state: 'restoring', detail, ...numbers };
    }
    if (this.failure === undefined) return { state: 'ok', detail: `${technology} holds the copy${ignored}`, ...numbers };
    return { state: 'failing', detail: `${technology}: ${this.failure}; ${pending} changes wait${ignored}`, ...numbers };
  }

  /** One step; a failure is noted and tried again with the next one. */
  step(): Promise<void> {
    this.running ??= this.tryStep().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Changes of the catalog and the hosts inside `take` come from the copy and need not be saved. It may not wait. */
  takingIn<T>(take: () => T): T {
    this.isTakingIn = true;
    try {
      return take();
    } finally {
      this.isTakingIn = false;
    }
  }

  /** What is removed inside `remove` is removed at every tracker that shares the copy, whoever holds it. It may not wait. */
  byOrder<T>(remove: () => T): T {
    this.isOrdered = true;
    try {
      return remove();
    } finally {
      this.isOrdered = false;
    }
  }

  private async tryStep(): Promise<void> {
    const store = this.store as SnapshotStore;
    const began = this.clock.now();
    try {
      await this.agreeOnDataSet(store);
      await this.sharing?.read();
      await this.sharing?.write();
      await this.writer.save(store, this.peers, this.documents, this.notes);
      await store.settle();
      if (this.failure !== undefined) this.logger.info('the snapshot is up to date again');
      this.failure = undefined;
      this.mayComeSoon = false;
      this.savedAt = began;
    } catch (error) {
      this.failures++;
      this.mayComeSoon = !this.isRestored && (this.restorer.entriesSoFar ?? 0) === 0 && store.mayPass(error);
      const reason = error instanceof Error || (error as Error)?.message ? (error as Error).message : String(error);
      const task = this.isRestored ? 'saved' : 'read';
      if (this.failure === undefined) this.logger.warn({ err: error }, `the snapshot cannot be ${task}: ${reason}`);
      this.failure = reason;
    }
  }

  /** Reads the copy once, and nothing is saved before it is in; afterwards a data set of another name means that the copy was lost and is written anew. */
  private async agreeOnDataSet(store: SnapshotStore): Promise<void> {
    const name = await store.dataSet();
    if (name === this.dataSet) return;
    if (!this.restorer.isReading(name)) {
      const isFirst = this.dataSet === undefined;
      const hadOwn = this.catalog.size + this.hosts.size + (this.notes?.kept.size ?? 0) > 0;
      // What others change from here on is told, so that nothing falls between reading and hearing.
      await this.sharing?.begin();
      // What was here before, or came from another copy, may not be in this one.
      if (!isFirst || hadOwn) {
        this.documents.markAll();
        this.peers.markAll();
        this.notes?.dirty.markAll();
      }
      this.restorer.begin(name);
    }
    await this.restorer.restore(store, this.notes?.kept, this.sharing);
    this.dataSet = name;
    for (const listener of this.restoredListeners.splice(0)) listener();
  }

  private scheduleNext(): void {
    if (this.isClosed) return;
    this.timer = setTimeout(() => void this.step().then(() => this.scheduleNext()), this.options.intervalMs);
    this.timer.unref();
  }
}

function* peerIdsOf(hosts: HostTable): Generator<PeerId> {
  for (const { peerId } of hosts.all()) yield peerId;
}
