/** The most memory that waits to be used again for pieces of one download, in bytes. */
export const MAX_SPARE_PIECE_BYTES = 10_485_760;

/** Lends memory for pieces on their way from the wire to the disk: without it every piece would be a buffer for the garbage collector. */
export class PieceBuffers {
  private readonly spare: Buffer[] = [];
  private readonly lent = new WeakSet<Uint8Array>();

  /** @param arena memory that other threads see too, of which whole pieces are lent first */
  constructor(
    private readonly pieceLength: number,
    private readonly arena?: SharedArrayBuffer,
  ) {
    if (!arena) return;
    for (let end = pieceLength; end <= arena.byteLength; end += pieceLength)
      this.spare.push(Buffer.from(arena, end - pieceLength, pieceLength));
  }

  /** Memory for one piece, with anything in it. */
  take(size: number): Buffer {
    // A shorter piece is the last one of its document: no other has a use for its memory.
    if (size !== this.pieceLength) return Buffer.allocUnsafeSlow(size);
    const known = this.spare.pop();
    const piece = known ?? Buffer.allocUnsafeSlow(size);
    if (known || !this.arena) this.lent.add(piece);
    return piece;
  }

  /** Takes memory back that nobody looks at any more; memory that is not from here is let be. */
  give(piece: Uint8Array): void {
    if (Buffer.isBuffer(piece) && this.lent.delete(piece) && (this.spare.length + 1) * this.pieceLength <= MAX_SPARE_PIECE_BYTES)
      this.spare.push(piece);
  }
}
