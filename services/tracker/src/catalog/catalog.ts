import type { DocumentSort } from '@pageswarm/contracts';
import { type DocumentId, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { demandFittingPieces, demandSameBytes, otherNames, type Told, wellFormed } from './announced-facts.ts';
import { CatalogFilling, type DocumentPast } from './catalog-filling.ts';
import type { TellText } from './description.ts';
import { DocumentOrders, type OrderPlace } from './document-orders.ts';
import type { CatalogChange, CatalogChangeKind, DocumentFacts, DocumentRecord } from './document-record.ts';
import { DocumentTable } from './document-table.ts';
import { HolderLedger } from './holder-ledger.ts';
import { HOSTLESS_GRACE_MS, HostlessDocuments } from './hostless-documents.ts';
import { mergeInspections, tellsNothing } from './inspection.ts';
import type { PackedDocument } from './packed-document.ts';
import { type CatalogTables, StoredDocument } from './stored-document.ts';

/** The most documents that are listed; more are refused. */
export const MAX_DOCUMENTS = 2_000_000;

export interface CatalogLimits {
  /** @default MAX_DOCUMENTS */
  readonly documents: number;
  /** @default HOSTLESS_GRACE_MS */
  readonly hostlessGraceMs: number;
}

/**
 * All documents and who holds them, in memory. The one writer of its tables; everything else reads records made from them
 * and listens. It knows no time and no addresses: moments are arguments, and peers are ids that are listed or not.
 */
export class Catalog implements Movable {
  private readonly documents = new DocumentTable();
  private readonly orders = new DocumentOrders(this.documents);
  private readonly ledger = new HolderLedger({
    count: (slot, change) =>
      this.orders.move('hosts', slot, () => this.documents.setListedHosts(slot, this.documents.listedHostsOf(slot) + change)),
    relisted: (slot) => void this.publish('listed', slot),
    released: (slot, now) => {
      if (this.holdings.hostsOf(slot) === 0) this.hostless.add(slot, now);
      this.publish('hosted', slot);
    },
  });
  private readonly holdings = this.ledger.holdings;
  private readonly holders = this.ledger.holders;
  private readonly hostless: HostlessDocuments;
  private readonly tables: CatalogTables = {
    documents: this.documents,
    holdings: this.holdings,
    holders: this.holders,
    hostlessSinceOf: (slot) => this.hostless.sinceOf(slot),
  };
  private readonly listeners: ((change: CatalogChange) => void)[] = [];
  private readonly limits: CatalogLimits;
  private bytes = 0;
  private filling: CatalogFilling | undefined;

  constructor(limits: Partial<CatalogLimits> = {}) {
    this.limits = { documents: MAX_DOCUMENTS, hostlessGraceMs: HOSTLESS_GRACE_MS, ...limits };
    this.hostless = new HostlessDocuments(this.limits.hostlessGraceMs);
  }

  get maxDocuments(): number {
    return this.limits.documents;
  }

  get size(): number {
    return this.documents.size;
  }

  /** Very many documents are about to come into an empty catalog. Until {@link settle} has resolved none is found, and none goes. */
  beginFilling(): void {
    this.filling = new CatalogFilling(this.tables, this.ledger, this.hostless);
    this.orders.postpone();
  }

  /**
   * They have come, and nothing comes or goes before this resolves. The order of adding is still to be prepared.
   * @param retake is given those documents that an earlier one has the root or an info-hash of, in the order in which they
   * came, to {@link restore} them
   * @returns the slots of those that did not stay
   */
  async settle(turn: Turn, retake: (facts: DocumentFacts, past: DocumentPast) => void): Promise<number[]> {
    const { filling } = this;
    this.filling = undefined;
    if (!filling) return [];
    return filling.settle(turn, (facts, past) => {
      this.bytes -= facts.size;
      retake(facts, past);
    });
  }

  /** Whether so many documents more can come while the catalog is being filled, whether they stay or not. */
  hasRoomFor(count: number): boolean {
    return this.documents.size + count <= this.limits.documents;
  }

  /**
   * What moves from a catalog that was filled in another thread to this one, which must have no documents and know no
   * peers but those that the other one knew before it was filled. Then the order of adding is still to be prepared.
   */
  get movables(): readonly Movable[] {
    return [this.holders, this, ...this.documents.movables, ...this.holdings.movables, ...this.hostless.movables];
  }

  handOver(): number {
    return this.bytes;
  }

  takeOver(bytes: number): void {
    this.bytes = bytes;
    this.orders.postpone();
  }

  /** Peers are known by these numbers, in this order, before documents that name them come. */
  expectHolders(ids: readonly PeerId[]): void {
    for (const id of ids) this.holders.numberOf(id);
  }

  /**
   * What {@link restore} does for a document that is new, many times as fast, while the catalog is being filled.
   * @returns false, and nothing is changed, for one that `restore` has to look at
   */
  fill(document: PackedDocument, now: number): boolean {
    if (!this.filling || this.documents.size >= this.limits.documents) return false;
    const slot = this.filling.add(document);
    this.bytes += document.size;
    if (document.holders === 0) this.hostless.add(slot, now);
    if (this.listeners.length > 0) this.publish('added', slot);
    return true;
  }

  /** Bytes of all listed documents together. */
  get totalBytes(): number {
    return this.bytes;
  }

  /** Rows about who holds what that were written, ever: what a change costs, for those who count. */
  get holdingWrites(): number {
    return this.holdings.writes;
  }

  /** Every peer that is known to hold something or to be listed. */
  holderIds(): PeerId[] {
    return this.holders.ids();
  }

  /** Calls `listener` after every change, before the caller of the change goes on. */
  onChange(listener: (change: CatalogChange) => void): void {
    this.listeners.push(listener);
  }

  get(id: DocumentId): DocumentRecord | undefined {
    return this.recordOf(this.documents.identities.findRoot(id));
  }

  /** By root, v1 or v2 info-hash (also cut to 20 bytes) or md5, in lower-case hex. */
  find(hash: string): DocumentRecord | undefined {
    return this.recordOf(this.documents.identities.find(hash));
  }

  /** The document in a slot. */
  at(slot: number): DocumentRecord | undefined {
    return this.documents.isListed(slot) ? new StoredDocument(this.tables, slot) : undefined;
  }

  isListed(slot: number): boolean {
    return this.documents.isListed(slot);
  }

  /** All slots are below this. */
  get slotEnd(): number {
    return this.documents.end;
  }

  /** How many listed peers hold the document in a slot, which has one. */
  listedHostsAt(slot: number): number {
    return this.documents.listedHostsOf(slot);
  }

  /** Every text that the document in a slot is found by, its name first; none for a slot without one. */
  textsAt(slot: number): string[] {
    return this.documents.isListed(slot) ? this.documents.textsOf(slot) : [];
  }

  /** The same in UTF-8 to `tell`, with where each begins and ends. @returns how many there are */
  readTexts(slot: number, tell: TellText): number {
    return this.documents.isListed(slot) ? this.documents.readTexts(slot, tell) : 0;
  }

  /** In no order; documents may come and go while they are read. */
  *all(): Generator<DocumentRecord> {
    for (let slot = 0; slot < this.documents.end; slot++) if (this.documents.isListed(slot)) yield new StoredDocument(this.tables, slot);
  }

  /** Resolves when {@link inOrder} can read this order: at once unless it was never used before. */
  prepareOrder(sort: DocumentSort): Promise<void> {
    return this.orders.prepare(sort);
  }

  isOrderReady(sort: DocumentSort): boolean {
    return this.orders.isReady(sort);
  }

  /** All documents in an order that is ready, from behind the given place if there is one; it may not change meanwhile. */
  *inOrder(sort: DocumentSort, isDescending: boolean, after?: OrderPlace): Generator<DocumentRecord> {
    for (const slot of this.orders.read(sort, isDescending, after)) yield new StoredDocument(this.tables, slot);
  }

  /** Where the document in a slot stands in an order. */
  placeIn(sort: DocumentSort, slot: number): OrderPlace {
    return { value: this.orders.valueOf(sort, slot), id: this.documents.identities.idAt(slot) };
  }

  /** How the documents in two slots stand to each other in an order, whether it is ready or not; 0 only for the same. */
  compareIn(sort: DocumentSort, a: number, b: number): number {
    return this.orders.compare(sort, a, b);
  }

  /** How the documents in slots stand to a place in an order. */
  comparedWith(sort: DocumentSort, place: OrderPlace): (slot: number) => number {
    return this.orders.comparedWith(sort, place);
  }

  *documentsOf(peerId: PeerId): Generator<DocumentRecord> {
    const holder = this.holders.find(peerId);
    if (holder === -1) return;
    const { holdings } = this;
    for (let row = holdings.firstOfHost(holder); row !== -1; row = holdings.followingOfHost(row))
      yield new StoredDocument(this.tables, holdings.slotOf(row));
  }

  countOf(peerId: PeerId): number {
    const holder = this.holders.find(peerId);
    return holder === -1 ? 0 : this.holdings.documentsOf(holder);
  }

  /**
   * Takes in that a peer holds a document. The first announcement of a document fixes its name, info-hashes, adder and
   * moment; later ones add names and fill what was unknown about its pages.
   * @throws PageSwarmError INVALID_REQUEST if it contradicts what is known, LIMIT_EXCEEDED if the catalog is full
   */
  announce(peerId: PeerId, facts: DocumentFacts, told: Told): DocumentRecord {
    demandFittingPieces(facts, told);
    const known = this.documents.identities.findRoot(facts.id);
    if (known !== -1) {
      const record = new StoredDocument(this.tables, known);
      demandSameBytes(record, facts);
      this.describe(record, facts);
      this.hold(known, this.holders.numberOf(peerId), told);
      return record;
    }
    const slot = this.insert(facts, 0);
    this.ledger.add(slot, this.holders.numberOf(peerId), told.have, told.complete);
    return this.publish('added', slot);
  }

  /** @throws PageSwarmError DOCUMENT_NOT_FOUND unless the peer has announced the document */
  progress(peerId: PeerId, id: DocumentId, told: Told): void {
    const slot = this.documents.identities.findRoot(id);
    if (this.ledger.find(slot, peerId) === -1)
      throw new PageSwarmError('DOCUMENT_NOT_FOUND', `Document ${id} was not announced by peer ${peerId}`);
    demandFittingPieces({ id, size: this.documents.sizeOf(slot), pieceLength: this.documents.pieceLengthOf(slot) }, told);
    this.hold(slot, this.holders.find(peerId), told);
  }

  /** A peer holds a document no longer and says so: without another holder the document is gone. */
  withdraw(peerId: PeerId, id: DocumentId): void {
    const slot = this.documents.identities.findRoot(id);
    const row = this.ledger.find(slot, peerId);
    if (row === -1) return;
    if (this.holdings.hostsOf(slot) === 1) this.removeSlot(slot);
    else this.ledger.release(row, 0);
  }

  /**
   * Forgets a peer; documents that nobody else holds stay listed without hosts for a while. It takes effect at once, and
   * what has to be counted anew follows little by little if it holds very many.
   */
  dropPeer(peerId: PeerId, now: number): void {
    this.ledger.drop(peerId, now);
  }

  /** Whether others may see what the peer holds; very many documents are counted anew little by little. */
  setListed(peerId: PeerId, listed: boolean): void {
    this.ledger.setListed(peerId, listed);
  }

  /** A peer begins to announce afresh; what it does not repeat goes with {@link dropStale}. */
  beginSession(peerId: PeerId): number {
    return this.ledger.beginSession(peerId);
  }

  /** Forgets what a peer announced in earlier sessions only. Nothing happens if `session` is not its current one any more. */
  dropStale(peerId: PeerId, session: number, now: number): void {
    this.ledger.dropStale(peerId, session, now);
  }

  /** Takes a document off the list, whoever holds it. */
  remove(id: DocumentId): boolean {
    const slot = this.documents.identities.findRoot(id);
    if (slot !== -1) this.removeSlot(slot);
    return slot !== -1;
  }

  /** Removes documents that nobody has held for the whole grace, oldest first; the time goes with their number. */
  sweepHostless(now: number): number {
    let removed = 0;
    for (let slot = this.hostless.firstDue(now); slot !== undefined; slot = this.hostless.firstDue(now)) {
      this.removeSlot(slot);
      removed++;
    }
    return removed;
  }

  /** Puts back a document of a snapshot; what is known already wins. Holders are not listed before they show up. */
  restore(facts: DocumentFacts, past: DocumentPast, now: number): void {
    const known = this.documents.identities.findRoot(facts.id);
    if (known === -1 && this.documents.size >= this.limits.documents) return;
    const slot = known === -1 ? this.insert(facts, past.completed) : known;
    if (this.filling) this.filling.addHolders(slot, past.holdings);
    else
      for (const [peerId, have, complete] of past.holdings) {
        const holder = this.holders.numberOf(peerId);
        if (this.holdings.find(slot, holder) === -1) this.ledger.add(slot, holder, have, complete);
      }
    if (this.holdings.hostsOf(slot) > 0) this.hostless.delete(slot);
    else this.hostless.add(slot, now);
    this.publish(known === -1 ? 'added' : 'hosted', slot);
  }

  private recordOf(slot: number): DocumentRecord | undefined {
    return slot === -1 ? undefined : new StoredDocument(this.tables, slot);
  }

  private insert(facts: DocumentFacts, completed: number): number {
    if (this.documents.size >= this.limits.documents)
      throw new PageSwarmError('LIMIT_EXCEEDED', `The catalog lists its limit of ${this.limits.documents} documents`);
    const owner = this.documents.identities.findOwner(facts.infoHashV1, facts.infoHashV2);
    if (owner !== -1) {
      const { id } = new StoredDocument(this.tables, owner);
      throw new PageSwarmError('INVALID_REQUEST', `An info-hash of document ${facts.id} belongs to document ${id}`);
    }
    const name = wellFormed(facts.name);
    const slot = this.documents.add({ ...facts, name, aliases: otherNames(name, facts.aliases) }, completed);
    this.orders.enter(slot);
    this.bytes += facts.size;
    return slot;
  }

  private removeSlot(slot: number): void {
    for (let row = this.holdings.firstOfSlot(slot); row !== -1; row = this.holdings.firstOfSlot(slot)) this.holdings.delete(row);
    this.orders.leave(slot);
    this.hostless.delete(slot);
    this.bytes -= this.documents.sizeOf(slot);
    const gone = new StoredDocument(this.tables, slot);
    this.documents.hide(slot);
    // Listeners may still read what the document was; the slot goes to another one only afterwards.
    this.tell('removed', gone);
    this.documents.release(slot);
  }

  private describe(known: StoredDocument, facts: DocumentFacts): void {
    const { slot, name } = known;
    if (facts.name === name && facts.aliases.length === 0 && tellsNothing(facts.inspection)) return;
    const { aliases, inspection } = known;
    const names = otherNames(name, [...aliases, wellFormed(facts.name), ...facts.aliases]);
    const merged = mergeInspections(inspection, facts.inspection);
    if (names.length === aliases.length && merged === inspection) return;
    this.orders.move('pages', slot, () => this.documents.describe(slot, { name, aliases: names, inspection: merged }));
    this.publish('described', slot);
  }

  private hold(slot: number, holder: number, { have, complete }: Told): void {
    const { holdings } = this;
    const row = holdings.find(slot, holder);
    if (row === -1) this.ledger.add(slot, holder, have, complete);
    else {
      const hadAll = holdings.isComplete(row);
      const isSame = holdings.haveOf(row) === have && hadAll === complete;
      holdings.set(row, have, complete, this.holders.at(holder).session);
      if (isSame) return;
      if (!hadAll && complete) this.documents.countCompletion(slot);
    }
    this.hostless.delete(slot);
    this.publish('hosted', slot);
  }

  private publish(kind: CatalogChangeKind, slot: number): DocumentRecord {
    return this.tell(kind, new StoredDocument(this.tables, slot));
  }

  private tell(kind: CatalogChangeKind, record: DocumentRecord): DocumentRecord {
    for (const listener of this.listeners) listener({ kind, record });
    return record;
  }
}
