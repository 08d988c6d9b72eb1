import type { Bitfield, DocumentId, IndexRange, PeerId } from '@pageswarm/primitives';
import type { StrategyName } from './strategy-names.ts';

/** Owner of a piece that belongs to the structure of the document. */
export const STRUCTURE_OWNER = -1;
/** Owner of a piece that no page needs. */
export const REST_OWNER = -2;

/** What a download is about; nothing of it changes while the download lives. */
export interface DownloadSpec {
  readonly documentId: DocumentId;
  /** Bytes of the document. */
  readonly size: number;
  readonly pieceLength: number;
  readonly pageCount: number;
  /** One owner per piece: {@link STRUCTURE_OWNER}, {@link REST_OWNER} or a page from 0. */
  readonly pieceOwners: Int32Array;
  /** Per page from 0: the pieces beside the structure that must be there to show it. Without it a page needs the pieces it owns. */
  readonly closures?: readonly (readonly IndexRange[])[];
  /** Pieces that structure bytes touch. Without it: the pieces that the structure owns. */
  readonly structure?: readonly IndexRange[];
  /** The pieces to fetch. @default all of them */
  readonly wantedPieces?: Bitfield;
  readonly strategy: StrategyName;
  /** The downloader's own id: peers of a crowd that know each other's ids begin at different places of the document. */
  readonly ownPeerId?: PeerId;
  /** Breaks ties between equally rare pieces. @default derived from `ownPeerId` */
  readonly seed?: number;
}
