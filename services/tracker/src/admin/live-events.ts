import type { ServerSentEvent } from '@pageswarm/http';
import { type DocumentId, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { HostTable } from '../swarm/host-table.ts';
import type { Listing } from '../swarm/listing.ts';
import { EventLog, type LoggedEvent, MAX_EVENT_BACKLOG } from './event-log.ts';
import { peerView } from './peer-view.ts';

/** How long changes of one document or peer are gathered into one event, in milliseconds. */
export const EVENT_GATHER_MS = 100;
/** The most events that are told before others get their turn. */
export const EVENTS_PER_TURN = 500;
/** The most readers of the event stream. */
export const MAX_EVENT_READERS = 1_000;

type Change =
  | { readonly type: 'document.added' | 'document.changed' | 'document.removed'; readonly id: DocumentId }
  | { readonly type: 'peer.joined' | 'peer.changed' | 'peer.left'; readonly peerId: PeerId };

type Reader = (event: ServerSentEvent) => void;

/**
 * What happens in the catalog, for people who watch. Changes are noted by what they concern and told as it stands when
 * they are told, so that a busy document costs one event in each interval and a backlog holds no copies. When more happens
 * at once than a backlog holds, readers are told to begin again.
 */
export class LiveEvents {
  private readonly pending = new Map<string, Change>();
  private readonly log = new EventLog<Change>();
  private readonly readers = new Set<Reader>();
  private isAsleep = false;
  /** More happened than a reader could catch up with: all of them are to read the lists again. */
  private isOverrun = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param epoch tells ids of this process from those of an earlier one */
  constructor(
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly listing: Listing,
    private readonly epoch: string,
  ) {
    catalog.onChange(({ kind, record }) => {
      if (this.isAsleep || this.isOverrun) return;
      const { id } = record;
      const before = this.pending.get(id)?.type;
      if (kind === 'removed') this.note(id, { type: 'document.removed', id });
      else if (kind === 'added') this.note(id, { type: before === 'document.removed' ? 'document.changed' : 'document.added', id });
      else if (before === undefined) this.note(id, { type: 'document.changed', id });
    });
    hosts.onChange((kind, { peerId }) => {
      if (this.isAsleep || this.isOverrun) return;
      const before = this.pending.get(peerId)?.type;
      if (kind === 'left') this.note(peerId, { type: 'peer.left', peerId });
      else if (kind === 'joined') this.note(peerId, { type: before === 'peer.left' ? 'peer.changed' : 'peer.joined', peerId });
      else if (before === undefined) this.note(peerId, { type: 'peer.changed', peerId });
    });
  }

  get readerCount(): number {
    return this.readers.size;
  }

  /**
   * Tells `reader` everything from now on, and first what it missed since the event `lastId`; a reader that cannot be
   * told all of it gets `reset` and should read the lists again.
   * @returns how to stop
   * @throws PageSwarmError LIMIT_EXCEEDED
   */
  subscribe(reader: Reader, lastId?: string): () => void {
    this.demandRoom();
    this.flush();
    if (lastId !== undefined) {
      const [epoch, number] = lastId.split('-');
      const missed = epoch === this.epoch ? this.log.since(Number(number)) : undefined;
      if (missed) for (const logged of missed) this.tell([reader], logged);
      else this.tellReset(reader);
    }
    this.readers.add(reader);
    return () => void this.readers.delete(reader);
  }

  /** @throws PageSwarmError LIMIT_EXCEEDED when no reader more is taken */
  demandRoom(): void {
    if (this.readers.size >= MAX_EVENT_READERS)
      throw new PageSwarmError('LIMIT_EXCEEDED', `The event stream has its limit of ${MAX_EVENT_READERS} readers`);
  }

  /** Tells what was gathered; of very many changes some now and the others when others had their turn. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isOverrun) {
      this.isOverrun = false;
      this.log.skip();
      for (const reader of this.readers) this.tellReset(reader);
      return;
    }
    let left = EVENTS_PER_TURN;
    for (const [key, change] of this.pending) {
      if (left-- === 0) {
        this.flushWithin(0);
        return;
      }
      this.pending.delete(key);
      this.tell(this.readers, this.log.append(change));
    }
  }

  /** Nobody watches while a copy is read, and all of it would be news. */
  sleep(): void {
    this.isAsleep = true;
  }

  wake(): void {
    this.isAsleep = false;
  }

  /** Forgets what was gathered and all readers. */
  stop(): void {
    clearTimeout(this.timer);
    this.pending.clear();
    this.readers.clear();
  }

  private note(key: string, change: Change): void {
    this.pending.set(key, change);
    if (this.pending.size > MAX_EVENT_BACKLOG) {
      this.pending.clear();
      this.isOverrun = true;
    }
    if (!this.timer) this.flushWithin(EVENT_GATHER_MS);
  }

  private flushWithin(ms: number): void {
    this.timer = setTimeout(() => this.flush(), ms);
    this.timer.unref();
  }

  private tellReset(reader: Reader): void {
    reader({ type: 'reset', id: this.idOf(this.log.lastNumber), data: {} });
  }

  private tell(readers: Iterable<Reader>, { number, event }: LoggedEvent<Change>): void {
    let sent: ServerSentEvent | undefined;
    for (const reader of readers) {
      sent ??= { type: event.type, id: this.idOf(number), data: this.dataOf(event) };
      reader(sent);
    }
  }

  /** How things stand now; of what is gone by now, its id alone: the event that says so follows. */
  private dataOf(change: Change): unknown {
    if ('peerId' in change) {
      const record = this.hosts.get(change.peerId);
      return record && change.type !== 'peer.left' ? peerView(record, this.catalog) : { peerId: change.peerId };
    }
    const record = this.catalog.get(change.id);
    return record && change.type !== 'document.removed' ? this.listing.view(record) : { id: change.id };
  }

  private idOf(number: number): string {
    return `${this.epoch}-${number}`;
  }
}
