import type { DownloadSpec, StrategyName } from '@pageswarm/engine';
import { choosePieceLength, documentId, pieceCount, pieceSize } from '@pageswarm/primitives';
import { DEFAULT_PAGES, type Scenario } from './scenario.ts';
import type { VirtualNode } from './virtual-node.ts';

/** The document of a simulation: sizes and owners, no bytes. Pages are equal runs of pieces, the structure stands at the end. */
export class VirtualDocument {
  readonly size: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  private readonly pages: number;
  private readonly owners: Int32Array;

  constructor({ size, pieceLength = choosePieceLength(size), pages = DEFAULT_PAGES, structurePieces = 1 }: Scenario['document']) {
    this.size = size;
    this.pieceLength = pieceLength;
    this.pieceCount = pieceCount(size, pieceLength);
    this.pages = pages;
    const inPages = Math.max(this.pieceCount - structurePieces, 0);
    this.owners = Int32Array.from({ length: this.pieceCount }, (_, piece) =>
      piece >= inPages ? -1 : Math.floor((piece * pages) / inPages),
    );
  }

  bytesOf(piece: number): number {
    return pieceSize(piece, this.size, this.pieceLength);
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
