import type { PieceBook } from './piece-book.ts';

/** One request to one host; `pending` counts the pieces that have not come. */
export interface PieceRequest {
  readonly id: number;
  readonly host: number;
  readonly pieces: readonly number[];
  pending: number;
  /** Its first bytes have come. */
  begun: boolean;
}

const NOBODY = 0;

/** Who was asked for what. It is not responsible for sending, nor for what a piece's state is. */
export class RequestLedger {
  private lastId = NOBODY;
  private readonly requests = new Map<number, PieceRequest>();
  private readonly byHost: Map<number, PieceRequest>[] = [];
  private readonly bytesByHost: number[] = [];
  /** The request of each piece; pieces asked twice have the others in {@link again}. */
  private readonly first: Int32Array;
  private readonly again = new Map<number, number[]>();
  totalBytes = 0;

  constructor(private readonly book: Pick<PieceBook, 'count' | 'bytesOf'>) {
    this.first = new Int32Array(book.count);
  }

  issue(host: number, pieces: readonly number[]): PieceRequest {
    const request: PieceRequest = { id: ++this.lastId, host, pieces, pending: pieces.length, begun: false };
    this.requests.set(request.id, request);
    this.requestsOf(host).set(request.id, request);
    for (const piece of pieces) {
      if (this.first[piece] === NOBODY) this.first[piece] = request.id;
      else this.again.set(piece, [...(this.again.get(piece) ?? []), request.id]);
      this.count(host, this.book.bytesOf(piece));
    }
    return request;
  }

  get(id: number): PieceRequest | undefined {
    return this.requests.get(id);
  }

  /** Requests of a host, oldest first. */
  of(host: number): Iterable<PieceRequest> {
    return this.requestsOf(host).values();
  }

  bytesOf(host: number): number {
    return this.bytesByHost[host] ?? 0;
  }

  isPending(request: PieceRequest, piece: number): boolean {
    return this.first[piece] === request.id || (this.again.get(piece)?.includes(request.id) ?? false);
  }

  /** How many requests hope for the piece. */
  timesAsked(piece: number): number {
    return this.first[piece] === NOBODY ? 0 : 1 + (this.again.get(piece)?.length ?? 0);
  }

  /** The requests that hope for the piece. */
  askedOf(piece: number): PieceRequest[] {
    if (this.first[piece] === NOBODY) return [];
    return [this.first[piece] as number, ...(this.again.get(piece) ?? [])].map((id) => this.requests.get(id) as PieceRequest);
  }

  /** A piece came: nobody is asked for it any more. @returns the requests that asked for it; those with nothing pending are forgotten */
  settle(piece: number): PieceRequest[] {
    const asked = this.askedOf(piece);
    for (const request of asked) this.strike(request, piece);
    return asked;
  }

  /** Forgets a request. @returns the pieces that were pending and that nobody else is asked for */
  withdraw(request: PieceRequest): number[] {
    const orphans: number[] = [];
    if (!this.requests.has(request.id)) return orphans;
    for (const piece of request.pieces) {
      if (!this.isPending(request, piece)) continue;
      this.strike(request, piece);
      if (this.first[piece] === NOBODY) orphans.push(piece);
    }
    return orphans;
  }

  /** Forgets one piece of a request, and the request with its last piece. */
  private strike(request: PieceRequest, piece: number): void {
    const again = this.again.get(piece);
    if (!again) this.first[piece] = NOBODY;
    else {
      const left = [this.first[piece] as number, ...again].filter((id) => id !== request.id);
      this.first[piece] = left[0] as number;
      if (left.length > 1) this.again.set(piece, left.slice(1));
      else this.again.delete(piece);
    }
    this.count(request.host, -this.book.bytesOf(piece));
    if (--request.pending > 0) return;
    this.requests.delete(request.id);
    this.requestsOf(request.host).delete(request.id);
  }

  private requestsOf(host: number): Map<number, PieceRequest> {
    let requests = this.byHost[host];
    if (!requests) {
      requests = new Map();
      this.byHost[host] = requests;
    }
    return requests;
  }

  private count(host: number, bytes: number): void {
    this.bytesByHost[host] = this.bytesOf(host) + bytes;
    this.totalBytes += bytes;
  }
}
