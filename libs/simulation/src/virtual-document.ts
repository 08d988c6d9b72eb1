import type { DownloadSpec, StrategyName } from '@pageswarm/engine';
import { type Bitfield, choosePieceLength, documentId, pieceCount, pieceSize } from '@pageswarm/primitives';
import { DEFAULT_PAGES, type Scenario } from './scenario.ts';
import type { VirtualNode } from './virtual-node.ts';

const STRUCTURE = -1;

/** The document of a simulation: sizes and owners, no bytes. Pages are equal runs of pieces, the structure stands at the end. */
export class VirtualDocument {
  readonly size: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  readonly pages: number;
  private readonly owners: Int32Array;
  /** Pieces in the pages; those after them are the structure. */
  private readonly inPages: number;

  constructor({ size, pieceLength = choosePieceLength(size), pages = DEFAULT_PAGES, structurePieces = 1 }: Scenario['document']) {
    this.size = size;
    this.pieceLength = pieceLength;
    this.pieceCount = pieceCount(size, pieceLength);
    this.pages = pages;
    this.inPages = Math.max(this.pieceCount - structurePieces, 0);
    this.owners = Int32Array.from({ length: this.pieceCount }, (_, piece) =>
      piece >= this.inPages ? STRUCTURE : Math.floor((piece * pages) / this.inPages),
    );
  }

  bytesOf(piece: number): number {
    return pieceSize(piece, this.size, this.pieceLength);
  }

  /** How many pages can be shown with these pieces: none before the structure is there. */
  readyPages(pieces: Bitfield): number {
    if (!pieces.hasRange(this.inPages, this.pieceCount - this.inPages)) return 0;
    if (pieces.isFull) return this.pages;
    let ready = 0;
    for (let piece = 0, page = -1, whole = false; piece <= this.inPages; piece++) {
      const owner = piece < this.inPages ? (this.owners[piece] as number) : this.pages;
      if (owner !== page) {
        // A page without a piece of its own lies within the last piece of the page before.
        if (whole) ready += owner - page;
        page = owner;
        whole = true;
      }
      whole &&= pieces.has(piece);
    }
    return ready;
  }

  specFor(node: VirtualNode, strategy: StrategyName | undefined, seed: number): DownloadSpec {
    return {
      documentId: documentId('0'.repeat(64)),
      size: this.size,
      pieceLength: this.pieceLength,
      pageCount: this.pages,
      pieceOwners: this.owners,
      strategy: node.scenario.strategy ?? strategy ?? 'adaptive',
      ownPeerId: node.peerId,
      seed,
    };
  }
}
