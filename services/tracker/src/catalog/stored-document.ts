import type { Inspection } from '@pageswarm/contracts';
import { type DocumentId, type InfoHashV1, type InfoHashV2, type Md5, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { DocumentRecord, Holding } from './document-record.ts';
import type { DocumentTable } from './document-table.ts';
import type { HolderTable } from './holder-table.ts';
import type { HoldingTable } from './holding-table.ts';

/** The tables that a document is read from. */
export interface CatalogTables {
  readonly documents: DocumentTable;
  readonly holdings: HoldingTable;
  readonly holders: HolderTable;
  /** Since when nobody holds the document in a slot; undefined while somebody does. */
  hostlessSinceOf(slot: number): number | undefined;
}

/**
 * A document as others read it: made for one reading, and nothing of it is read before it is asked for. Whoever keeps it
 * past the document's end is told so, and never reads of the one that has its slot by then.
 */
export class StoredDocument implements DocumentRecord {
  private readonly generation: number;
  private ownId: DocumentId | undefined;

  constructor(
    private readonly tables: CatalogTables,
    readonly slot: number,
  ) {
    this.generation = tables.documents.generationOf(slot);
  }

  get id(): DocumentId {
    this.ownId ??= this.documents.identities.idAt(this.slot);
    return this.ownId;
  }

  get name(): string {
    return this.documents.nameOf(this.slot);
  }

  get size(): number {
    return this.documents.sizeOf(this.slot);
  }

  get pieceLength(): number {
    return this.documents.pieceLengthOf(this.slot);
  }

  get md5(): Md5 {
    return this.documents.identities.md5At(this.slot);
  }

  get infoHashV1(): InfoHashV1 {
    return this.documents.identities.infoHashV1At(this.slot);
  }

  get infoHashV2(): InfoHashV2 {
    return this.documents.identities.infoHashV2At(this.slot);
  }

  get addedBy(): PeerId {
    return this.documents.identities.addedByAt(this.slot);
  }

  get addedAt(): number {
    return this.documents.addedAtOf(this.slot);
  }

  get aliases(): readonly string[] {
    return this.documents.descriptionOf(this.slot).aliases;
  }

  get inspection(): Inspection {
    const { documents, slot } = this;
    return { ...documents.descriptionOf(slot).inspection, words: documents.wordsOf(slot) };
  }

  get completed(): number {
    return this.documents.completedOf(this.slot);
  }

  get holdings(): ReadonlyMap<PeerId, Holding> {
    const { slot } = this;
    const { holdings, holders } = this.current;
    const found = new Map<PeerId, Holding>();
    for (let row = holdings.firstOfSlot(slot); row !== -1; row = holdings.followingOfSlot(row)) {
      const { peerId, validFrom } = holders.at(holdings.hostOf(row));
      if (holdings.sessionOf(row) < validFrom) continue;
      found.set(peerId, { have: holdings.haveOf(row), complete: holdings.isComplete(row), session: holdings.sessionOf(row) });
    }
    return found;
  }

  get holderCount(): number {
    const { slot } = this;
    const { holdings, holders } = this.current;
    let count = 0;
    for (let row = holdings.firstOfSlot(slot); row !== -1; row = holdings.followingOfSlot(row))
      if (holdings.sessionOf(row) >= holders.at(holdings.hostOf(row)).validFrom) count++;
    return count;
  }

  get listedHosts(): number {
    return this.documents.listedHostsOf(this.slot);
  }

  get listedSeeders(): number {
    const { slot } = this;
    const { holdings, holders } = this.current;
    let seeders = 0;
    for (let row = holdings.firstOfSlot(slot); row !== -1; row = holdings.followingOfSlot(row)) {
      const { listed, validFrom } = holders.at(holdings.hostOf(row));
      if (listed && holdings.isComplete(row) && holdings.sessionOf(row) >= validFrom) seeders++;
    }
    return seeders;
  }

  get hostlessSince(): number | undefined {
    return this.current.hostlessSinceOf(this.slot);
  }

  private get documents(): DocumentTable {
    return this.current.documents;
  }

  /** @throws PageSwarmError DOCUMENT_NOT_FOUND once the document is gone */
  private get current(): CatalogTables {
    if (this.tables.documents.generationOf(this.slot) === this.generation) return this.tables;
    throw new PageSwarmError('DOCUMENT_NOT_FOUND', `Document ${this.ownId ?? `of slot ${this.slot}`} is no longer listed`);
  }
}
