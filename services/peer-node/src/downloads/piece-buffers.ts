/** The most memory that waits to be used again for pieces of one download, in bytes. */
export const MAX_SPARE_PIECE_BYTES = 10_485_760;

/** Lends memory for pieces on their way from the wire to the disk: without it every piece would be a buffer for the garbage collector. */
export class PieceBuffers {
  private readonly spare: Uint8Array[] = [];
  private readonly lent = new WeakSet<Uint8Array>();

  constructor(private readonly pieceLength: number) {}

  /** Memory for one piece, with anything in it. */
  take(size: number): Uint8Array {
    const buffer = this.spare.pop() ?? Buffer.allocUnsafeSlow(this.pieceLength);
    // A shorter piece is the last one of its document, so its memory is let go rather than kept.
    const piece = size === buffer.length ? buffer : buffer.subarray(0, size);
    if (piece === buffer) this.lent.add(piece);
    return piece;
  }

  /** Takes memory back that nobody looks at any more; memory that is not from here is let be. */
  give(piece: Uint8Array): void {
    if (this.lent.delete(piece) && (this.spare.length + 1) * this.pieceLength <= MAX_SPARE_PIECE_BYTES) this.spare.push(piece);
  }
}
