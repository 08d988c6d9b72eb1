/** The most bytes that go to the disk in one write: pieces that lie side by side and wait together are written together. */
export const MAX_WRITE_RUN_BYTES = 1024 * 1024;

interface WaitingPiece {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Orders the writes of one document into runs of neighbours: pieces that come in one turn of the event loop, or while the disk is
 * busy, are written together. One write at a time: file systems let one writer into a file, and a second would hold another of the few
 * threads of Node's pool while it waits.
 */
export class PieceWriter {
  /** In the order of arrival, so that no piece waits for ever. */
  private readonly waiting = new Map<number, WaitingPiece>();
  private isWriting = false;
  private isDue = false;

  constructor(private readonly writeRun: (firstPiece: number, parts: readonly Uint8Array[]) => Promise<void>) {}

  /** Resolves when the piece is written. A piece that waits already must not be added again. */
  add(piece: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.set(piece, { bytes, resolve, reject });
      if (this.isDue || this.isWriting) return;
      this.isDue = true;
      setImmediate(() => {
        this.isDue = false;
        void this.writeRuns();
      });
    });
  }

  private async writeRuns(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.size > 0) {
      const { first, pieces } = this.takeRun();
      try {
        await this.writeRun(
          first,
          pieces.map(({ bytes }) => bytes),
        );
        for (const { resolve } of pieces) resolve();
      } catch (error) {
        for (const { reject } of pieces) reject(error);
      }
    }
    this.isWriting = false;
  }

  /** The piece that waits longest, with the neighbours that wait too. */
  private takeRun(): { readonly first: number; readonly pieces: WaitingPiece[] } {
    const [oldest] = this.waiting.keys() as unknown as [number];
    let room = MAX_WRITE_RUN_BYTES - this.lengthOf(oldest);
    let first = oldest;
    let end = oldest + 1;
    while (this.lengthOf(first - 1) <= room) room -= this.lengthOf(--first);
    while (this.lengthOf(end) <= room) room -= this.lengthOf(end++);
    const pieces: WaitingPiece[] = [];
    for (let piece = first; piece < end; piece++) {
      pieces.push(this.waiting.get(piece) as WaitingPiece);
      this.waiting.delete(piece);
    }
    return { first, pieces };
  }

  /** Bytes of a piece that waits; one that does not wait fits nowhere. */
  private lengthOf(piece: number): number {
    return this.waiting.get(piece)?.bytes.length ?? Number.POSITIVE_INFINITY;
  }
}
