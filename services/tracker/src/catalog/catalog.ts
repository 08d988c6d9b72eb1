import type { Inspection } from '@pageswarm/contracts';
import { type DocumentId, PageSwarmError, type PeerId, pieceCount } from '@pageswarm/primitives';
import type { CatalogChange, CatalogChangeKind, DocumentFacts, DocumentRecord, Holding } from './document-record.ts';
import { HashIndex } from './hash-index.ts';
import { mergeInspections } from './inspection.ts';
import { OrderedList } from './ordered-list.ts';
import { ShardedMap } from './sharded-map.ts';

/** The most other names that a document is found by; later ones are not taken. */
export const MAX_ALIASES = 64;
/** The most documents that are listed; more are refused. */
export const MAX_DOCUMENTS = 2_000_000;
/** How long a document that nobody holds any more stays listed, in milliseconds: its hosts may come back tomorrow. */
export const HOSTLESS_GRACE_MS = 86_400_000;
/** How much of a v2 info-hash BitTorrent clients announce, in hex digits (BEP 52: cut to 20 bytes). */
export const TRUNCATED_HASH_DIGITS = 40;

export interface CatalogLimits {
  /** @default MAX_DOCUMENTS */
  readonly documents: number;
  /** @default HOSTLESS_GRACE_MS */
  readonly hostlessGraceMs: number;
}

type Entry = { -readonly [Key in keyof DocumentRecord]: DocumentRecord[Key] } & { holdings: Map<PeerId, Holding> };

/** A peer as the catalog knows it: what it holds, and whether others may see that. */
interface Holder {
  readonly entries: Set<Entry>;
  session: number;
  listed: boolean;
}

/**
 * All documents and who holds them, in memory. The one writer of its records; everything else reads them and listens.
 * It knows no time and no addresses: moments are arguments, and peers are ids that are listed or not.
 */
export class Catalog {
  private readonly entries = new ShardedMap<DocumentId, Entry>();
  private readonly byHash = new HashIndex<Entry>();
  private readonly slots: (Entry | undefined)[] = [];
  private readonly freeSlots: number[] = [];
  private readonly holders = new Map<PeerId, Holder>();
  /** In the order in which they lost their last holder. */
  private readonly hostless = new Set<Entry>();
  private readonly newest = new OrderedList<Entry>((a, b) => b.addedAt - a.addedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  private readonly listeners: ((change: CatalogChange) => void)[] = [];
  private readonly limits: CatalogLimits;
  private bytes = 0;

  constructor(limits: Partial<CatalogLimits> = {}) {
    this.limits = { documents: MAX_DOCUMENTS, hostlessGraceMs: HOSTLESS_GRACE_MS, ...limits };
  }

  get size(): number {
    return this.entries.size;
  }

  /** Bytes of all listed documents together. */
  get totalBytes(): number {
    return this.bytes;
  }

  /** Every peer that is known to hold something or to be listed. */
  holderIds(): PeerId[] {
    return [...this.holders.keys()];
  }

  /** Calls `listener` after every change, before the caller of the change goes on. */
  onChange(listener: (change: CatalogChange) => void): void {
    this.listeners.push(listener);
  }

  get(id: DocumentId): DocumentRecord | undefined {
    return this.entries.get(id);
  }

  /** By root, v1 or v2 info-hash (also cut to 20 bytes) or md5, in lower-case hex. */
  find(hash: string): DocumentRecord | undefined {
    return this.entries.get(hash as DocumentId) ?? this.byHash.get(hash);
  }

  at(slot: number): DocumentRecord | undefined {
    return this.slots[slot];
  }

  all(): Iterable<DocumentRecord> {
    return this.entries.values();
  }

  /** The latest first, from behind the given place if there is one. */
  newestFirst(after?: { readonly addedAt: number; readonly id: string }): Iterable<DocumentRecord> {
    return this.newest.from((entry) => !after || entry.addedAt < after.addedAt || (entry.addedAt === after.addedAt && entry.id > after.id));
  }

  documentsOf(peerId: PeerId): Iterable<DocumentRecord> {
    return this.holders.get(peerId)?.entries ?? [];
  }

  countOf(peerId: PeerId): number {
    return this.holders.get(peerId)?.entries.size ?? 0;
  }

  /**
   * Takes in that a peer holds a document. The first announcement of a document fixes its name, info-hashes, adder and
   * moment; later ones add names and fill what was unknown about its pages.
   * @throws PageSwarmError INVALID_REQUEST if it contradicts what is known, LIMIT_EXCEEDED if the catalog is full
   */
  announce(peerId: PeerId, facts: DocumentFacts, told: { readonly have: number; readonly complete: boolean }): DocumentRecord {
    const holding = this.checkedHolding(peerId, facts, told);
    const known = this.entries.get(facts.id);
    if (known) {
      demandSameBytes(known, facts);
      this.describe(known, facts);
      this.hold(known, peerId, holding);
      return known;
    }
    const entry = this.insert(facts, 0);
    entry.holdings.set(peerId, holding);
    const holder = this.holderOf(peerId);
    holder.entries.add(entry);
    if (holder.listed) entry.listedHosts = 1;
    this.publish('added', entry);
    return entry;
  }

  /** @throws PageSwarmError DOCUMENT_NOT_FOUND unless the peer has announced the document */
  progress(peerId: PeerId, id: DocumentId, told: { readonly have: number; readonly complete: boolean }): void {
    const entry = this.entries.get(id);
    if (!entry?.holdings.has(peerId)) throw new PageSwarmError('DOCUMENT_NOT_FOUND', `Document ${id} was not announced by peer ${peerId}`);
    this.hold(entry, peerId, this.checkedHolding(peerId, entry, told));
  }

  /** A peer holds a document no longer and says so: without another holder the document is gone. */
  withdraw(peerId: PeerId, id: DocumentId): void {
    const entry = this.entries.get(id);
    if (!entry?.holdings.has(peerId)) return;
    if (entry.holdings.size === 1) this.remove(id);
    else this.unhold(entry, peerId, 0);
  }

  /** Forgets a peer; documents that nobody else holds stay listed without hosts for a while. */
  dropPeer(peerId: PeerId, now: number): void {
    for (const entry of this.holders.get(peerId)?.entries ?? []) this.unhold(entry, peerId, now);
    this.holders.delete(peerId);
  }

  /** Whether others may see what the peer holds. */
  setListed(peerId: PeerId, listed: boolean): void {
    const holder = this.holderOf(peerId);
    if (holder.listed === listed) return;
    holder.listed = listed;
    for (const entry of holder.entries) {
      entry.listedHosts += listed ? 1 : -1;
      this.publish('hosted', entry);
    }
  }

  /** A peer begins to announce afresh; what it does not repeat goes with {@link dropStale}. */
  beginSession(peerId: PeerId): number {
    return ++this.holderOf(peerId).session;
  }

  /** Forgets what a peer announced in earlier sessions only. Nothing happens if `session` is not its current one any more. */
  dropStale(peerId: PeerId, session: number, now: number): void {
    const holder = this.holders.get(peerId);
    if (holder?.session !== session) return;
    for (const entry of holder.entries) if (entry.holdings.get(peerId)?.session !== session) this.unhold(entry, peerId, now);
  }

  /** Takes a document off the list, whoever holds it. */
  remove(id: DocumentId): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    for (const peerId of entry.holdings.keys()) this.holders.get(peerId)?.entries.delete(entry);
    this.entries.delete(id);
    for (const hash of hashesOf(entry)) this.byHash.delete(hash, entry);
    this.hostless.delete(entry);
    this.newest.delete(entry);
    this.bytes -= entry.size;
    this.slots[entry.slot] = undefined;
    this.freeSlots.push(entry.slot);
    this.publish('removed', entry);
    return true;
  }

  /** Removes documents that nobody has held for the whole grace, oldest first; the time goes with their number. */
  sweepHostless(now: number): number {
    let removed = 0;
    for (const entry of this.hostless) {
      if ((entry.hostlessSince as number) + this.limits.hostlessGraceMs > now) break;
      this.remove(entry.id);
      removed++;
    }
    return removed;
  }

  /** Puts back a document of a snapshot; what is known already wins. Holders are not listed before they show up. */
  restore(
    facts: DocumentFacts,
    past: { readonly completed: number; readonly holdings: Iterable<readonly [PeerId, number, boolean]> },
    now: number,
  ): void {
    const known = this.entries.get(facts.id);
    if (!known && this.entries.size >= this.limits.documents) return;
    const entry = known ?? this.insert(facts, past.completed);
    for (const [peerId, have, complete] of past.holdings) {
      if (entry.holdings.has(peerId)) continue;
      const holder = this.holderOf(peerId);
      holder.entries.add(entry);
      entry.holdings.set(peerId, { have, complete, session: holder.session });
      if (holder.listed) entry.listedHosts++;
    }
    if (entry.holdings.size > 0) this.markHosted(entry);
    else this.markHostless(entry, entry.hostlessSince ?? now);
    this.publish(known ? 'hosted' : 'added', entry);
  }

  private insert(facts: DocumentFacts, completed: number): Entry {
    if (this.entries.size >= this.limits.documents)
      throw new PageSwarmError('LIMIT_EXCEEDED', `The catalog lists its limit of ${this.limits.documents} documents`);
    for (const hash of [facts.infoHashV1, facts.infoHashV2]) {
      const other = this.byHash.get(hash);
      if (other) throw new PageSwarmError('INVALID_REQUEST', `Info-hash ${hash} of document ${facts.id} belongs to document ${other.id}`);
    }
    const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt, inspection } = facts;
    const entry: Entry = {
      ...{ id, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt, inspection, completed },
      slot: this.freeSlots.pop() ?? this.slots.length,
      aliases: [...new Set(facts.aliases)].filter((alias) => alias !== name).slice(0, MAX_ALIASES),
      holdings: new Map(),
      listedHosts: 0,
      hostlessSince: undefined,
    };
    this.slots[entry.slot] = entry;
    this.entries.set(id, entry);
    for (const hash of hashesOf(entry)) this.byHash.add(hash, entry);
    this.newest.add(entry);
    this.bytes += size;
    return entry;
  }

  private describe(entry: Entry, facts: DocumentFacts): void {
    const names = [...new Set([...entry.aliases, facts.name, ...facts.aliases])].filter((name) => name !== entry.name);
    const aliases = names.slice(0, MAX_ALIASES);
    const inspection: Inspection = mergeInspections(entry.inspection, facts.inspection);
    if (aliases.length === entry.aliases.length && inspection === entry.inspection) return;
    entry.aliases = aliases;
    entry.inspection = inspection;
    this.publish('described', entry);
  }

  private hold(entry: Entry, peerId: PeerId, holding: Holding): void {
    const before = entry.holdings.get(peerId);
    entry.holdings.set(peerId, holding);
    if (before && before.have === holding.have && before.complete === holding.complete) return;
    if (before && !before.complete && holding.complete) entry.completed++;
    const holder = this.holderOf(peerId);
    holder.entries.add(entry);
    if (!before && holder.listed) entry.listedHosts++;
    this.markHosted(entry);
    this.publish('hosted', entry);
  }

  private unhold(entry: Entry, peerId: PeerId, now: number): void {
    const holder = this.holders.get(peerId);
    holder?.entries.delete(entry);
    entry.holdings.delete(peerId);
    if (holder?.listed) entry.listedHosts--;
    if (entry.holdings.size === 0) this.markHostless(entry, now);
    this.publish('hosted', entry);
  }

  private markHosted(entry: Entry): void {
    entry.hostlessSince = undefined;
    this.hostless.delete(entry);
  }

  private markHostless(entry: Entry, since: number): void {
    entry.hostlessSince = since;
    this.hostless.add(entry);
  }

  private checkedHolding(
    peerId: PeerId,
    { id, size, pieceLength }: Pick<DocumentFacts, 'id' | 'size' | 'pieceLength'>,
    { have, complete }: { readonly have: number; readonly complete: boolean },
  ): Holding {
    const pieces = pieceCount(size, pieceLength);
    if (have > pieces || (complete && have !== pieces))
      throw new PageSwarmError(
        'INVALID_REQUEST',
        `Document ${id} has ${pieces} pieces; ${have}${complete ? ', complete,' : ''} does not fit`,
      );
    return { have, complete, session: this.holderOf(peerId).session };
  }

  private holderOf(peerId: PeerId): Holder {
    const known = this.holders.get(peerId);
    if (known) return known;
    const holder: Holder = { entries: new Set(), session: 0, listed: false };
    this.holders.set(peerId, holder);
    return holder;
  }

  private publish(kind: CatalogChangeKind, record: Entry): void {
    for (const listener of this.listeners) listener({ kind, record });
  }
}

function hashesOf({ infoHashV1, infoHashV2, md5 }: DocumentRecord): string[] {
  return [infoHashV1, infoHashV2, infoHashV2.slice(0, TRUNCATED_HASH_DIGITS), md5];
}

/** One root is one sequence of bytes: whoever tells another size or md5 for it is mistaken or lies. */
function demandSameBytes(known: DocumentRecord, told: DocumentFacts): void {
  for (const field of ['size', 'md5', 'pieceLength'] as const)
    if (known[field] !== told[field])
      throw new PageSwarmError('INVALID_REQUEST', `${field}: document ${told.id} has ${known[field]}, not ${told[field]}`);
}
