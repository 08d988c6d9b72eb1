/** The most bytes that go to the disk in one write: pieces that lie side by side and wait together are written together. */
export const MAX_WRITE_RUN_BYTES = 1024 * 1024;
/** How many writes of one document are under way at once; Node's thread pool has four threads for everything. */
export const MAX_CONCURRENT_WRITES = 2;

interface WaitingPiece {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Orders the writes of one document into runs of neighbours: pieces that come in one turn of the event loop, or while the disk is
 * busy, are written together.
 */
export class PieceWriter {
  /** In the order of arrival, so that no piece waits for ever. */
  private readonly waiting = new Map<number, WaitingPiece>();
  private underWay = 0;
  private isDue = false;

  constructor(private readonly writeRun: (firstPiece: number, parts: readonly Uint8Array[]) => Promise<void>) {}

  /** Resolves when the piece is written. A piece that waits already must not be added again. */
  add(piece: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.set(piece, { bytes, resolve, reject });
      if (this.isDue || this.underWay >= MAX_CONCURRENT_WRITES) return;
      this.isDue = true;
      setImmediate(() => {
        this.isDue = false;
        while (this.waiting.size > 0 && this.underWay < MAX_CONCURRENT_WRITES) void this.writeRuns();
      });
    });
  }

  private async writeRuns(): Promise<void> {
    this.underWay++;
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
    this.underWay--;
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
