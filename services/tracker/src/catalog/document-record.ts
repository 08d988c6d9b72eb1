import type { Inspection } from '@pageswarm/contracts';
import type { DocumentId, InfoHashV1, InfoHashV2, Md5, PeerId } from '@pageswarm/primitives';

/** What one peer has of a document. */
export interface Holding {
  /** How many verified pieces. */
  readonly have: number;
  readonly complete: boolean;
  /** The session of the peer in which it said so last. */
  readonly session: number;
}

/**
 * A document of the catalog, as it is whenever it is read. Only the catalog writes it. Reading one that is no longer listed
 * throws DOCUMENT_NOT_FOUND.
 */
export interface DocumentRecord {
  /** A small number that no other listed document has; used again when the document is gone. */
  readonly slot: number;
  readonly id: DocumentId;
  /** The first name that it was announced under: the info-hashes belong to it. */
  readonly name: string;
  readonly size: number;
  readonly pieceLength: number;
  readonly md5: Md5;
  readonly infoHashV1: InfoHashV1;
  readonly infoHashV2: InfoHashV2;
  readonly addedBy: PeerId;
  /** Milliseconds since 1970. */
  readonly addedAt: number;
  readonly aliases: readonly string[];
  readonly inspection: Inspection;
  /** How many peers have finished downloading it while this catalog watched. */
  readonly completed: number;
  /** Every peer that has pieces, listed or not. */
  readonly holdings: ReadonlyMap<PeerId, Holding>;
  /** How many peers that is. */
  readonly holderCount: number;
  /** How many of them are listed. */
  readonly listedHosts: number;
  /** How many of the listed ones have all of it. */
  readonly listedSeeders: number;
  /** Since when nobody holds it; undefined while somebody does. */
  readonly hostlessSince: number | undefined;
}

/** What the catalog takes in about a document besides what a peer has of it. */
export type DocumentFacts = Pick<
  DocumentRecord,
  'id' | 'name' | 'size' | 'pieceLength' | 'md5' | 'infoHashV1' | 'infoHashV2' | 'addedBy' | 'addedAt' | 'aliases' | 'inspection'
>;

export type CatalogChangeKind = 'added' | 'described' | 'hosted' | 'listed' | 'removed';

/**
 * What the catalog tells its listeners, after the change: added, other texts or inspection, other hosts, the same hosts of
 * which others are listed, removed.
 */
export interface CatalogChange {
  readonly kind: CatalogChangeKind;
  readonly record: DocumentRecord;
}
