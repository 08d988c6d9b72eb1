import { type IndexRange, PageSwarmError, pieceCount, pieceSize } from '@pageswarm/primitives';

/** Brings pieces of one document: each as its own bytes, in the order of the run. */
export type FetchPieces = (run: IndexRange, signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** The most bytes of one document that are kept; one piece is kept in any case. */
export const MAX_CACHED_DOCUMENT_BYTES = 33_554_432;

interface Arrival {
  readonly promise: Promise<Uint8Array>;
  readonly resolve: (piece: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
}

/** The pieces of one document that are at hand or on their way. A piece that several readers want comes once. */
export class PieceCache {
  readonly pieces: number;
  private readonly kept = new Map<number, Uint8Array>();
  private readonly coming = new Map<number, Arrival>();
  private orders = new AbortController();
  private keptBytes = 0;

  constructor(
    readonly size: number,
    readonly pieceLength: number,
    private readonly fetch: FetchPieces,
    private readonly maxBytes = MAX_CACHED_DOCUMENT_BYTES,
  ) {
    this.pieces = pieceCount(size, pieceLength);
  }

  get cachedBytes(): number {
    return this.keptBytes;
  }

  /** True if nothing has to be asked for to get the piece. */
  has(index: number): boolean {
    return this.kept.has(index) || this.coming.has(index);
  }

  /** @throws what the fetch failed with */
  piece(index: number): Promise<Uint8Array> {
    const kept = this.kept.get(index);
    if (kept) {
      this.kept.delete(index);
      this.kept.set(index, kept);
      return Promise.resolve(kept);
    }
    if (!this.coming.has(index)) this.order([index, 1]);
    return (this.coming.get(index) as Arrival).promise;
  }

  /** Asks for a run of pieces of which none is here or on its way. */
  order(run: IndexRange): void {
    const [first, count] = run;
    const arrivals = Array.from({ length: count }, newArrival);
    for (const [number, arrival] of arrivals.entries()) this.coming.set(first + number, arrival);
    void this.receive(run, arrivals, this.orders.signal);
  }

  /** Takes back everything that is on its way; what is kept stays. */
  cancelOrders(): void {
    this.orders.abort();
    this.orders = new AbortController();
    for (const [index, arrival] of this.coming)
      this.fail(index, arrival, new PageSwarmError('CANCELLED', 'Nobody reads this document any more'));
  }

  private async receive(run: IndexRange, arrivals: readonly Arrival[], signal: AbortSignal): Promise<void> {
    const [first] = run;
    let number = 0;
    try {
      for await (const piece of this.fetch(run, signal)) {
        const arrival = arrivals[number];
        if (!arrival || piece.length !== pieceSize(first + number, this.size, this.pieceLength))
          throw new PageSwarmError('PROTOCOL_ERROR', 'The peer sent other pieces than were asked for');
        this.arrive(first + number, arrival, piece);
        number++;
      }
      if (number < arrivals.length) throw new PageSwarmError('PIECE_NOT_HERE', `The peer does not have piece ${first + number}`);
    } catch (error) {
      for (; number < arrivals.length; number++) this.fail(first + number, arrivals[number] as Arrival, error);
    }
  }

  private arrive(index: number, arrival: Arrival, piece: Uint8Array): void {
    if (!this.kept.has(index)) this.keptBytes += piece.length;
    this.kept.set(index, piece);
    for (const [oldest, bytes] of this.kept) {
      if (this.keptBytes <= this.maxBytes || this.kept.size === 1) break;
      this.kept.delete(oldest);
      this.keptBytes -= bytes.length;
    }
    if (this.coming.get(index) === arrival) this.coming.delete(index);
    arrival.resolve(piece);
  }

  private fail(index: number, arrival: Arrival, error: unknown): void {
    if (this.coming.get(index) === arrival) this.coming.delete(index);
    arrival.reject(error);
  }
}

function newArrival(): Arrival {
  let resolve!: Arrival['resolve'];
  let reject!: Arrival['reject'];
  const promise = new Promise<Uint8Array>((onPiece, onError) => {
    resolve = onPiece;
    reject = onError;
  });
  // Pieces that were read ahead may fail without anybody waiting for them.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
