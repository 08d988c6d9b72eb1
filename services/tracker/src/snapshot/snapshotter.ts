import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import { type Clock, type DocumentId, isPageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { HostTable } from '../swarm/host-table.ts';
import { DirtyIds } from './dirty-ids.ts';
import { decodeDocument, decodePeer, encodeDocument, encodePeer } from './snapshot-codec.ts';
import type { SnapshotEntry, SnapshotKind, SnapshotStore } from './snapshot-store.ts';

export interface SnapshotStatus {
  /** off: there is no store. failing: the last step did not succeed; it is tried again. */
  readonly state: 'off' | 'ok' | 'failing';
  readonly detail: string;
  /** Changes that wait to be saved, as far as they are counted. */
  readonly pending: number;
  /** When the copy was last complete, in milliseconds since 1970. */
  readonly savedAt: number | undefined;
  readonly failures: number;
  readonly savedEntries: number;
  /** For how long the oldest unsaved change has waited, in milliseconds. */
  readonly lagMs: number;
}

/**
 * Keeps a copy of the catalog in a store, only what changed, in small steps. Nothing waits for the store: while it is
 * away changes gather as ids. The copy is read before it is first written to, so that a store that comes late still
 * gives back what it has.
 */
export class Snapshotter {
  private readonly documents: DirtyIds<DocumentId>;
  private readonly peers: DirtyIds<PeerId>;
  private dataSet: string | undefined;
  private restoring = false;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private isClosed = false;
  private failure: string | undefined;
  private failures = 0;
  private savedEntries = 0;
  private savedAt: number | undefined;

  /** @param store undefined for a catalog that lives in memory alone */
  constructor(
    private readonly store: SnapshotStore | undefined,
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly intervalMs: number,
  ) {
    const now = () => clock.monotonic();
    this.documents = new DirtyIds(() => idsOf(catalog), now);
    this.peers = new DirtyIds(() => peerIdsOf(hosts), now);
    if (!store) return;
    catalog.onChange(({ record }) => {
      if (!this.restoring) this.documents.mark(record.id);
    });
    hosts.onChange((kind, { peerId }) => {
      if (!this.restoring && kind !== 'state') this.peers.mark(peerId);
    });
  }

  /** Takes the first step at once, which reads the copy, then one in each interval. Never rejects. */
  async start(): Promise<void> {
    if (!this.store) return;
    await this.step();
    this.scheduleNext();
  }

  /** Saves what waits, if the store answers, and lets go of it. */
  async stop(): Promise<void> {
    if (!this.store || this.isClosed) return;
    clearTimeout(this.timer);
    this.isClosed = true;
    await this.running;
    if (this.failure === undefined) await this.step();
    await this.store.close();
  }

  status(): SnapshotStatus {
    const { failures, savedAt, savedEntries } = this;
    const pending = this.documents.count + this.peers.count;
    const waiting = [this.documents.waitingSince, this.peers.waitingSince].filter((since) => since !== undefined);
    const lagMs = waiting.length === 0 ? 0 : this.clock.monotonic() - Math.min(...waiting);
    const numbers = { pending, savedAt, failures, savedEntries, lagMs };
    if (!this.store) return { state: 'off', detail: 'No store is configured; the catalog lives in memory alone', ...numbers };
    const { technology } = this.store;
    if (this.failure === undefined) return { state: 'ok', detail: `${technology} holds the copy`, ...numbers };
    return { state: 'failing', detail: `${technology}: ${this.failure}; ${pending} changes wait`, ...numbers };
  }

  /** One step; a failure is noted and tried again with the next one. */
  step(): Promise<void> {
    this.running ??= this.tryStep().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async tryStep(): Promise<void> {
    const store = this.store as SnapshotStore;
    try {
      await this.agreeOnDataSet(store);
      await this.saveDirty(store, 'peers', this.peers, (id) => textOf(this.hosts.get(id), encodePeer));
      await this.saveDirty(store, 'documents', this.documents, (id) => textOf(this.catalog.get(id), encodeDocument));
      if (this.failure !== undefined) this.logger.info('the snapshot is up to date again');
      this.failure = undefined;
      this.savedAt = this.clock.now();
    } catch (error) {
      this.failures++;
      const reason = error instanceof Error || (error as Error)?.message ? (error as Error).message : String(error);
      if (this.failure === undefined) this.logger.warn({ err: error }, `the snapshot cannot be saved: ${reason}`);
      this.failure = reason;
    }
  }

  /** Reads the copy once; afterwards a data set of another name means that the copy was lost and is written anew. */
  private async agreeOnDataSet(store: SnapshotStore): Promise<void> {
    const name = await store.dataSet();
    if (name === this.dataSet) return;
    const isFirst = this.dataSet === undefined;
    const hadOwn = this.catalog.size > 0 || this.hosts.size > 0;
    await this.restore(store);
    // What was restored is in the store already; what was here before, or another's copy, may not be.
    if (!isFirst || hadOwn) {
      this.documents.markAll();
      this.peers.markAll();
    }
    this.dataSet = name;
  }

  private async restore(store: SnapshotStore): Promise<void> {
    const started = this.clock.monotonic();
    let unreadable = 0;
    const each = async (kind: SnapshotKind, take: (text: string) => boolean) => {
      for await (const entries of store.load(kind)) {
        this.restoring = true;
        for (const [, text] of entries) if (!take(text)) unreadable++;
        this.restoring = false;
        await setImmediate();
      }
    };
    await each('peers', (text) => {
      const facts = decodePeer(text);
      if (facts) this.hosts.restore(facts);
      return facts !== undefined;
    });
    await each('documents', (text) => this.takeDocument(text));
    // Holders that no peer entry tells the address of can never be reached or expire.
    for (const peerId of this.catalog.holderIds()) if (!this.hosts.get(peerId)) this.catalog.dropPeer(peerId, this.clock.now());
    const { size } = this.catalog;
    if (size > 0 || unreadable > 0)
      this.logger.info({ documents: size, peers: this.hosts.size, unreadable, ms: this.clock.monotonic() - started }, 'snapshot restored');
  }

  private takeDocument(text: string): boolean {
    const document = decodeDocument(text);
    if (!document) return false;
    try {
      this.catalog.restore(document.facts, document.past, this.clock.now());
      return true;
    } catch (error) {
      if (isPageSwarmError(error)) return false;
      throw error;
    }
  }

  private async saveDirty<Id extends string>(
    store: SnapshotStore,
    kind: SnapshotKind,
    dirty: DirtyIds<Id>,
    encode: (id: Id) => string | undefined,
  ): Promise<void> {
    for (let ids = dirty.take(); ids.length > 0; ids = dirty.take()) {
      const entries: SnapshotEntry[] = [];
      const removed: Id[] = [];
      for (const id of ids) {
        const text = encode(id);
        if (text === undefined) removed.push(id);
        else entries.push([id, text]);
      }
      try {
        await store.save(kind, entries, removed);
      } catch (error) {
        dirty.giveBack(ids);
        throw error;
      }
      this.savedEntries += ids.length;
      await setImmediate();
    }
  }

  private scheduleNext(): void {
    if (this.isClosed) return;
    this.timer = setTimeout(() => void this.step().then(() => this.scheduleNext()), this.intervalMs);
    this.timer.unref();
  }
}

function textOf<T>(record: T | undefined, encode: (record: T) => string): string | undefined {
  return record && encode(record);
}

function* idsOf(catalog: Catalog): Generator<DocumentId> {
  for (const { id } of catalog.all()) yield id;
}

function* peerIdsOf(hosts: HostTable): Generator<PeerId> {
  for (const { peerId } of hosts.all()) yield peerId;
}
