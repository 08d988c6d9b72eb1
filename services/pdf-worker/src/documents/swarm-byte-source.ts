import { type ByteSource, piecesOfBytes } from '@pageswarm/primitives';
import type { PieceCache } from './piece-cache.ts';

/** The most bytes that are asked for before they are wanted, when a document is read from front to back. */
export const MAX_READ_AHEAD_BYTES = 2_097_152;
/** The most bytes in one request for pieces; a longer read makes several. */
export const MAX_PIECES_REQUEST_BYTES = 4_194_304;

/**
 * A document as one job reads it, out of the pieces of a peer. Reads that follow each other double what is asked for ahead
 * of them; a jump ends that, so that who shows one page fetches that page.
 */
export class SwarmByteSource implements ByteSource {
  private nextPiece = -1;
  private aheadPieces = 0;

  constructor(
    private readonly cache: PieceCache,
    private readonly readsAhead = true,
  ) {}

  get size(): number {
    return this.cache.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.size))
      throw new RangeError(`Bytes ${offset}+${length} are outside a document of ${this.size}`);
    const { pieceLength } = this.cache;
    const [first, count] = piecesOfBytes(offset, length, pieceLength);
    if (count === 0) return new Uint8Array(0);
    this.orderMissing(first, count, this.readAhead(first, count));
    if (count === 1) {
      const piece = await this.cache.piece(first);
      return piece.subarray(offset - first * pieceLength, offset - first * pieceLength + length);
    }
    const bytes = new Uint8Array(length);
    for (let index = first; index < first + count; index++) {
      const piece = await this.cache.piece(index);
      const start = index * pieceLength - offset;
      bytes.set(piece.subarray(Math.max(0, -start), length - start), Math.max(0, start));
    }
    return bytes;
  }

  /** How many pieces after this read are likely to be read next. */
  private readAhead(first: number, count: number): number {
    if (!this.readsAhead) return 0;
    const last = first + count - 1;
    const follows = first === this.nextPiece || first === this.nextPiece - 1;
    if (!follows) this.aheadPieces = 0;
    else if (last >= this.nextPiece) {
      const most = Math.max(1, Math.floor(MAX_READ_AHEAD_BYTES / this.cache.pieceLength));
      this.aheadPieces = Math.min(most, Math.max(1, this.aheadPieces * 2));
    }
    this.nextPiece = last + 1;
    return this.aheadPieces;
  }

  private orderMissing(first: number, count: number, ahead: number): void {
    const end = Math.min(this.cache.pieces, first + count + ahead);
    // A window that is half full still carries the reader; asking for each piece of it by itself would cost more.
    const isWorthIt = end === this.cache.pieces || this.missingBetween(first + count, end) * 2 >= ahead;
    const wanted = isWorthIt ? end : first + count;
    const most = Math.max(1, Math.floor(MAX_PIECES_REQUEST_BYTES / this.cache.pieceLength));
    for (let index = first; index < wanted; ) {
      let run = 0;
      while (run < most && index + run < wanted && !this.cache.has(index + run)) run++;
      if (run > 0) this.cache.order([index, run]);
      index += Math.max(1, run);
    }
  }

  private missingBetween(first: number, end: number): number {
    let missing = 0;
    for (let index = first; index < end; index++) if (!this.cache.has(index)) missing++;
    return missing;
  }
}
