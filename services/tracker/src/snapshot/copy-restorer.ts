import type { Logger } from '@pageswarm/observability';
import { type Clock, type DocumentId, isPageSwarmError } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import { Pace } from '../columns/pace.ts';
import type { HostTable } from '../swarm/host-table.ts';
import { CopyReader } from './copy-reader.ts';
import type { CopySharing } from './copy-sharing.ts';
import type { CopyThreads } from './copy-threads.ts';
import type { DirtyDocuments } from './dirty-documents.ts';
import { decodeDocument } from './document-codec.ts';
import { DocumentsFilling } from './documents-filling.ts';
import type { KeptNotes } from './kept-notes.ts';
import { decodePeer } from './peer-codec.ts';
import type { LoadedEntry, LoadPlace, SnapshotKind, SnapshotStore } from './snapshot-store.ts';

/** Entries that are taken in before others may get their turn. */
export const RESTORED_PER_TURN = 50;
/** Documents of a whole catalog that are noted as saved before others may get their turn. */
const NOTED_PER_TURN = 1_024;

/** So often in a lease, while a copy comes, its peers are given a new one. */
const LEASE_PARTS = 4;

/** Takes in entries from `start` to `end`. */
type Take = (entries: readonly LoadedEntry[], start: number, end: number) => Promise<void> | void;

/** What is done around very many documents that come at once, to those who keep them and nobody asks meanwhile. */
export interface Filling {
  begin(): void;
  /** The catalog has all of them and finds them. */
  end(): Promise<void>;
  /** Does all of it in other threads, for a copy that they can open, too. */
  readonly threads?: CopyThreads | undefined;
}

/** A copy that is being read. */
interface Reading {
  readonly dataSet: string;
  readonly reader: CopyReader;
  readonly places: Record<SnapshotKind, LoadPlace>;
  readonly done: Set<SnapshotKind>;
  /** There was nothing here before, as at nearly every start: then nothing has to be looked up. */
  isNew: boolean;
  startedAt: number;
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
  private isAbandoned = false;
  private readonly pace = new Pace();
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
    return this.reading?.reader.entries;
  }

  /** Why nothing comes at this moment. */
  get obstacle(): string | undefined {
    return this.reading?.reader.obstacle;
  }

  /** An entry was passed over. */
  countUnreadable(): void {
    this.unreadableEntries++;
  }

  /** The tracker ends: nothing more is waited for. */
  abandon(): void {
    this.isAbandoned = true;
    this.reading?.reader.abandon();
    void this.filling?.threads?.abandon();
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
    const reader = new CopyReader(this.clock, this.logger, () => this.hosts.giveTime());
    if (this.isAbandoned) reader.abandon();
    this.reading = { dataSet, reader, places, done: new Set(), isNew, startedAt: now, leasedAt: now };
  }

  /**
   * Reads what is still to come of the copy that was begun, from where it stood.
   * @param sharing takes in what is known here already, if there is one
   * @throws what the store throws; another call goes on behind what came
   */
  async restore(store: SnapshotStore, notes: KeptNotes | undefined, sharing: CopySharing | undefined): Promise<void> {
    const reading = this.reading as Reading;
    const { catalog, hosts, clock } = this;
    try {
      // Holders come before the documents that name them, and what is forbidden before what it forbids.
      await this.readAll(
        store,
        'notes',
        this.each((id, bytes) => notes?.restore(id.toString('hex'), bytes)),
      );
      await this.readAll(
        store,
        'peers',
        this.each((id, bytes) => hosts.restore(decodePeer(id.toString('hex'), bytes).facts)),
      );
      if (!(this.isAlone && reading.isNew && (await this.fill(store))))
        await this.readAll(
          store,
          'documents',
          this.each((id, bytes) => this.takeDocument(id.toString('hex'), bytes, reading.isNew, sharing)),
        );
    } catch (error) {
      // Others may come in from now on and bring what the rest of the copy also has.
      reading.isNew &&= reading.reader.entries === 0;
      throw error;
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

  /** All documents at once into a catalog that nobody uses yet. @returns false if they cannot come so */
  private async fill(store: SnapshotStore): Promise<boolean> {
    const { filling, catalog, clock } = this;
    if (!filling) return false;
    const count = await store.count('documents');
    if (filling.threads?.suits(count) && (await this.fillInThreads(filling.threads))) return true;
    filling.begin();
    const documents = new DocumentsFilling(catalog, {
      now: () => clock.now(),
      pass: (id, { code, detail }) => this.pass(id, code, detail),
      takeIn: this.takingIn,
    });
    const { turn } = this.pace;
    try {
      await this.readAll(store, 'documents', (entries, start, end) => documents.take(entries, start, end, turn));
    } finally {
      await documents.settle(turn);
      await filling.end();
    }
    return true;
  }

  /** @returns false if a thread died, and nothing has come. @throws what the store throws; what came before is in */
  private async fillInThreads(threads: CopyThreads): Promise<boolean> {
    const { reader, places, done } = this.reading as Reading;
    const before = reader.entries;
    try {
      const { next, failure } = await threads.restore(places.documents.next, {
        progress: (entries, obstacle) => {
          if (obstacle === undefined) this.progress(before + entries - reader.entries);
          else reader.obstacle = obstacle;
        },
        pass: (id, code, detail) => this.pass(id, code, detail),
        warn: (facts, text) => this.logger.warn(facts, text),
      });
      for (let slot = 0; slot < this.catalog.slotEnd; slot++) {
        if (this.catalog.isListed(slot)) this.documents.same({ slot });
        if (slot % NOTED_PER_TURN === 0) await this.pace.turn();
      }
      places.documents.next = next;
      if (!failure) {
        done.add('documents');
        return true;
      }
      reader.obstacle = failure.message;
      throw new StoreFailure(failure);
    } catch (error) {
      reader.demandWanted();
      if (error instanceof StoreFailure) throw error;
      this.logger.warn({ err: error }, 'the thread that reads the copy ended; the copy is read in this one');
      this.unreadableEntries = 0;
      reader.entries = before;
      return false;
    }
  }

  /** What is still to come of a kind. */
  private async readAll(store: SnapshotStore, kind: SnapshotKind, take: Take): Promise<void> {
    const { reader, places, done } = this.reading as Reading;
    if (done.has(kind)) return;
    const load = () => store.load(kind, places[kind]);
    await reader.readAll(
      kind,
      load,
      (error) => store.mayPass(error),
      (entries) => this.takeAll(entries, take),
    );
    done.add(kind);
  }

  private async takeAll(entries: readonly LoadedEntry[], take: Take): Promise<void> {
    const { reader } = this.reading as Reading;
    for (let at = 0; at < entries.length; at += RESTORED_PER_TURN) {
      const end = Math.min(at + RESTORED_PER_TURN, entries.length);
      await take(entries, at, end);
      this.progress(end - at);
      await this.pace.turn();
      reader.demandWanted();
    }
  }

  private progress(entries: number): void {
    const reading = this.reading as Reading;
    reading.reader.progress(entries);
    const now = this.clock.monotonic();
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

  /** Entries one by one. */
  private each(take: (id: Buffer, bytes: Buffer) => void): Take {
    return (entries, start, end) => {
      for (let at = start; at < end; at++) {
        const [id, bytes] = entries[at] as LoadedEntry;
        try {
          this.takingIn(() => take(id, bytes));
        } catch (error) {
          if (!isPageSwarmError(error)) throw error;
          this.pass(id.toString('hex'), error.code, error.detail);
        }
      }
    };
  }

  private pass(entry: string, code: string, detail: string): void {
    if (this.unreadable === 0) this.logger.warn({ entry, code }, detail);
    this.countUnreadable();
  }
}

/** What a store told another thread, by the name and the words that it has there. */
class StoreFailure extends Error {
  constructor({ name, message }: { readonly name: string; readonly message: string }) {
    super(message);
    this.name = name;
  }
}
