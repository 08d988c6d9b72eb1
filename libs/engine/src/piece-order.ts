import type { DownloadSpec } from './download-spec.ts';
import { STRUCTURE_OWNER } from './download-spec.ts';

/** The pieces of a document in the order in which a reader wants them: structure, pages in order, rest. */
export class PieceOrder {
  /** All pieces, structure first. */
  readonly pieces: Int32Array;
  /** The place of each piece in {@link pieces}. */
  readonly placeOf: Int32Array;
  private readonly structureEnd: number;
  private readonly pageStarts: Int32Array;

  constructor({ pieceOwners, pageCount }: Pick<DownloadSpec, 'pieceOwners' | 'pageCount'>) {
    const count = pieceOwners.length;
    // A counting sort over structure, pages and rest keeps pieces of one owner in file order.
    const starts = new Int32Array(pageCount + 3);
    const bucketOf = (owner: number) => (owner === STRUCTURE_OWNER ? 0 : owner >= 0 && owner < pageCount ? owner + 1 : pageCount + 1);
    for (const owner of pieceOwners) starts[bucketOf(owner) + 1] = (starts[bucketOf(owner) + 1] as number) + 1;
    for (let bucket = 1; bucket < starts.length; bucket++) starts[bucket] = (starts[bucket] as number) + (starts[bucket - 1] as number);
    this.structureEnd = starts[1] as number;
    this.pageStarts = starts.slice(1);
    this.pieces = new Int32Array(count);
    this.placeOf = new Int32Array(count);
    const next = starts.slice();
    for (let piece = 0; piece < count; piece++) {
      const bucket = bucketOf(pieceOwners[piece] as number);
      const place = next[bucket] as number;
      next[bucket] = place + 1;
      this.pieces[place] = piece;
      this.placeOf[piece] = place;
    }
  }

  structure(): Int32Array {
    return this.pieces.subarray(0, this.structureEnd);
  }

  /** The pieces that a page (from 0) owns. */
  ofPage(page: number): Int32Array {
    return this.pieces.subarray(this.pageStarts[page] as number, this.pageStarts[page + 1] as number);
  }

  rest(): Int32Array {
    return this.pieces.subarray(this.pageStarts[this.pageStarts.length - 2] as number);
  }

  sorted(pieces: Iterable<number>): number[] {
    return [...pieces].sort((a, b) => (this.placeOf[a] as number) - (this.placeOf[b] as number));
  }
}
