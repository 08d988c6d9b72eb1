import type { PeerId } from '@pageswarm/primitives';
import { Uint32Column } from '../columns/column.ts';
import type { DocumentTable } from './document-table.ts';
import { HolderBytes } from './holder-bytes.ts';
import type { HolderLedger } from './holder-ledger.ts';
import type { PackedDocument } from './packed-document.ts';

/** Puts packed documents into the tables of a catalog, while no document and no peer goes. */
export class CatalogFilling {
  private readonly peers: HolderBytes;
  private additions = 0;
  /** By holder: the last addition that named it. */
  private readonly namedBy = new Uint32Column();

  constructor(
    private readonly documents: DocumentTable,
    private readonly ledger: HolderLedger,
  ) {
    this.peers = new HolderBytes(ledger.holders);
  }

  /** Holders of a document that is here; those who hold it already stay as they are. */
  addHolders(slot: number, told: Iterable<readonly [PeerId, number, boolean]>): void {
    const { holdings, holders } = this.ledger;
    this.additions++;
    for (let row = holdings.firstOfSlot(slot); row !== -1; row = holdings.followingOfSlot(row))
      this.namedBy.set(holdings.hostOf(row), this.additions);
    for (const [peerId, have, complete] of told) this.addHolder(slot, holders.numberOf(peerId), have, complete);
  }

  /** @returns its slot; whether it has the root or an info-hash of another document is looked at when all have come */
  add(document: PackedDocument): number {
    const slot = this.documents.addPacked(document);
    const { source, holders, holderPlaces, holderPieces } = document;
    this.additions++;
    for (let n = 0; n < holders; n++) {
      const told = holderPieces[n] as number;
      this.addHolder(slot, this.peers.numberOf(source, holderPlaces[n] as number), told >>> 1, (told & 1) === 1);
    }
    return slot;
  }

  /** Of a holder that is named twice the first word counts. */
  private addHolder(slot: number, number: number, have: number, complete: boolean): void {
    if (this.namedBy.get(number) === this.additions) return;
    this.namedBy.set(number, this.additions);
    this.ledger.add(slot, number, have, complete);
  }
}
