import { Uint32Column } from '../columns/column.ts';
import type { DocumentTable } from './document-table.ts';
import { HolderBytes } from './holder-bytes.ts';
import type { HolderLedger } from './holder-ledger.ts';
import type { PackedDocument } from './packed-document.ts';

/** Puts packed documents into the tables of a catalog, while no document and no peer goes. */
export class CatalogFilling {
  private readonly peers: HolderBytes;
  /** By holder: one more than the last document that named it. */
  private readonly namedBy = new Uint32Column();

  constructor(
    private readonly documents: DocumentTable,
    private readonly ledger: HolderLedger,
  ) {
    this.peers = new HolderBytes(ledger.holders);
  }

  /** @returns its slot, or -1, and nothing is changed, if it has the root or an info-hash of another document */
  add(document: PackedDocument): number {
    const slot = this.documents.addPacked(document);
    if (slot === -1) return -1;
    const { source, holders, holderPlaces, holderPieces } = document;
    for (let n = 0; n < holders; n++) {
      const number = this.peers.numberOf(source, holderPlaces[n] as number);
      // Of a holder that is named twice the first word counts.
      if (this.namedBy.get(number) === slot + 1) continue;
      this.namedBy.set(number, slot + 1);
      const told = holderPieces[n] as number;
      this.ledger.add(slot, number, told >>> 1, (told & 1) === 1);
    }
    return slot;
  }
}
