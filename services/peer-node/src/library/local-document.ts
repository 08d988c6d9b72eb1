import type { AnnouncedDocument } from '@pageswarm/contracts';
import { decodePageMap, linearPageMap, type PageMap } from '@pageswarm/page-map';
import type { DocumentPieces } from '@pageswarm/piece-store';
import { type Bitfield, type DocumentId, isPageSwarmError, pieceSize } from '@pageswarm/primitives';
import { encodeMetainfo, type HybridMetainfo, verifyLeaves, verifyPiece } from '@pageswarm/torrent';
import type { DocumentRecord } from './document-record.ts';
import { HaveFeed } from './have-feed.ts';

/** A document of which this node has all pieces or some: what is known of it, its pieces, and who wants to hear of new ones. */
export class LocalDocument {
  readonly feed = new HaveFeed();
  private map: PageMap | undefined;

  constructor(
    public record: DocumentRecord,
    private info: HybridMetainfo,
    readonly pieces: DocumentPieces,
  ) {}

  get id(): DocumentId {
    return this.record.id;
  }

  get have(): Bitfield {
    return this.pieces.have;
  }

  get complete(): boolean {
    return this.record.complete;
  }

  /** True if it was complete before pieces were lost on the disk. */
  get damaged(): boolean {
    return !this.record.complete && this.record.fileName !== null;
  }

  /** The page map that came with the metainfo; linear when there is none or it is not valid. Never trusted for integrity. */
  get pageMap(): PageMap {
    this.map ??= readPageMap(this.info, this.record);
    return this.map;
  }

  get metainfo(): HybridMetainfo {
    return this.info;
  }

  set metainfo(metainfo: HybridMetainfo) {
    this.info = metainfo;
    this.map = undefined;
  }

  sizeOfPiece(piece: number): number {
    return pieceSize(piece, this.record.size, this.record.pieceLength);
  }

  /** True if these bytes are the piece, by the SHA-256 in the piece layer that was verified against the root. */
  verifies(piece: number, bytes: Uint8Array): boolean {
    return verifyPiece(this.record, this.info.pieceLayer, piece, bytes);
  }

  /** True if these are the hashes of the 16 KiB blocks of the piece, 32 bytes each. */
  verifiesLeaves(piece: number, leaves: Uint8Array): boolean {
    return verifyLeaves(this.record, this.info.pieceLayer, piece, leaves);
  }

  /** Stores a piece that was verified and tells the watchers. */
  async store(piece: number, bytes: Uint8Array): Promise<void> {
    await this.pieces.write(piece, bytes);
    this.feed.stored(piece);
  }

  encodeMetainfo(): Uint8Array {
    return encodeMetainfo(this.info);
  }

  announcement(): AnnouncedDocument {
    const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, inspection, addedBy, addedAt, complete } = this.record;
    return {
      id,
      name,
      size,
      pieceLength,
      md5,
      infoHashV1,
      infoHashV2,
      aliases,
      ...inspection,
      addedBy,
      addedAt,
      complete,
      have: this.have.count,
    };
  }
}

function readPageMap(metainfo: HybridMetainfo, { size, pieceLength, inspection }: DocumentRecord): PageMap {
  const linear = (reason: string) => linearPageMap({ size, pieceLength, pageCount: Math.max(1, inspection.pages ?? 1), reason });
  if (!metainfo.pageMap) return linear(inspection.mapReason ?? 'no page map was published');
  try {
    return decodePageMap(metainfo.pageMap, { size, pieceLength });
  } catch (error) {
    return linear(isPageSwarmError(error) ? `the page map is not valid: ${error.detail}` : 'the page map cannot be read');
  }
}
