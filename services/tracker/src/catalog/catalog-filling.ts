import type { PeerId } from '@pageswarm/primitives';
import { Uint32Column } from '../columns/column.ts';
import type { Turn } from '../columns/pace.ts';
import type { DocumentFacts } from './document-record.ts';
import { HolderBytes } from './holder-bytes.ts';
import type { HolderLedger } from './holder-ledger.ts';
import type { HostlessDocuments } from './hostless-documents.ts';
import type { PackedDocument } from './packed-document.ts';
import { type CatalogTables, StoredDocument } from './stored-document.ts';

/** What a document has behind it: who holds how much of it, and whether that is all. */
export interface DocumentPast {
  readonly completed: number;
  readonly holdings: Iterable<readonly [PeerId, number, boolean]>;
}

/**
 * Puts packed documents into the empty tables of a catalog, while no document and no peer goes. None is found before
 * {@link settle} has resolved.
 */
export class CatalogFilling {
  private readonly peers: HolderBytes;
  private additions = 0;
  /** By holder: the last addition that named it. */
  private readonly namedBy = new Uint32Column();
  /** The holders of one document, and what was told of each. */
  private numbers = new Uint32Array(64);
  private told = new Uint32Array(64);

  constructor(
    private readonly tables: CatalogTables,
    private readonly ledger: HolderLedger,
    private readonly hostless: HostlessDocuments,
  ) {
    this.peers = new HolderBytes(ledger.holders);
    tables.holdings.beginFilling();
    tables.documents.identities.beginFilling();
  }

  /** Holders of a document that is here; those who hold it already stay as they are. */
  addHolders(slot: number, told: Iterable<readonly [PeerId, number, boolean]>): void {
    const { holdings, holders } = this.ledger;
    this.additions++;
    for (let row = holdings.firstOfSlot(slot); row !== -1; row = holdings.followingOfSlot(row))
      this.namedBy.set(holdings.hostOf(row), this.additions);
    for (const [peerId, have, complete] of told) {
      const number = holders.numberOf(peerId);
      if (this.isFirstWord(number)) this.ledger.add(slot, number, have, complete);
    }
  }

  /**
   * They have come, and nothing comes or goes before this resolves.
   * @param retake is given those documents that an earlier one has the root or an info-hash of, in the order in which they came
   * @returns the slots of those that did not stay
   */
  async settle(turn: Turn, retake: (facts: DocumentFacts, past: DocumentPast) => void): Promise<number[]> {
    const { documents, holdings } = this.tables;
    await holdings.endFilling(turn);
    const { end } = documents;
    const late = await documents.identities.settle(end, turn);
    const takenOut = late.map((slot) => this.takeOut(slot));
    for (const [n, slot] of late.entries()) {
      // A document that stays after all gets the slot that it had.
      documents.release(slot);
      const { facts, past } = takenOut[n] as (typeof takenOut)[number];
      retake(facts, past);
    }
    const gone = late.filter((slot) => !documents.isListed(slot));
    await documents.identities.endFilling(end, gone, turn);
    return gone;
  }

  /** @returns its slot; whether it has the root or an info-hash of another document is looked at when all have come */
  add(document: PackedDocument): number {
    const slot = this.tables.documents.addPacked(document);
    const { source, holders, holderPlaces, holderPieces } = document;
    this.additions++;
    if (holders > this.numbers.length) {
      this.numbers = new Uint32Array(2 * holders);
      this.told = new Uint32Array(2 * holders);
    }
    let count = 0;
    for (let n = 0; n < holders; n++) {
      const number = this.peers.numberOf(source, holderPlaces[n] as number);
      if (!this.isFirstWord(number)) continue;
      this.numbers[count] = number;
      this.told[count++] = holderPieces[n] as number;
    }
    this.ledger.addAll(slot, count, this.numbers, this.told);
    return slot;
  }

  /** Of a holder that is named twice the first word counts. */
  private isFirstWord(number: number): boolean {
    if (this.namedBy.get(number) === this.additions) return false;
    this.namedBy.set(number, this.additions);
    return true;
  }

  /** Takes a document away that nobody was told of. @returns what it was; its slot is still to be released */
  private takeOut(slot: number): { readonly facts: DocumentFacts; readonly past: DocumentPast } {
    const { documents, holdings: rows } = this.tables;
    const document = new StoredDocument(this.tables, slot);
    const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt, aliases, inspection, completed } = document;
    const facts = { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt, aliases, inspection };
    const holdings = [...document.holdings].map(([peerId, { have, complete }]) => [peerId, have, complete] as const);
    for (let row = rows.firstOfSlot(slot); row !== -1; row = rows.firstOfSlot(slot)) rows.delete(row);
    this.hostless.delete(slot);
    documents.hide(slot);
    return { facts, past: { completed, holdings } };
  }
}
