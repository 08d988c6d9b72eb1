import { Bitfield, pieceCount, pieceSize } from '@pageswarm/primitives';

const UNWANTED = 0;
const OPEN = 1;
const REQUESTED = 2;
const ARRIVED = 3;
const STORED = 4;

/**
 * The state of every piece, and sums over them.
 * unwanted -> open (nobody is asked) -> requested -> arrived (verified, not yet on disk) -> stored; back to open when a request or the disk fails.
 */
export class PieceBook {
  readonly count: number;
  /** Stored pieces; written here alone. */
  readonly stored: Bitfield;
  /** Pieces wanted in this download, stored or not. */
  wantedCount = 0;
  /** Wanted pieces that are stored. */
  storedWantedCount = 0;
  openCount = 0;
  /** Bytes of pieces that are open or requested. */
  missingBytes = 0;
  /** Bytes of pieces that arrived and wait for the disk. */
  unstoredBytes = 0;
  storedBytes = 0;
  private readonly states: Uint8Array;
  private readonly wanted: Bitfield;

  constructor(
    readonly size: number,
    readonly pieceLength: number,
    have: Bitfield,
    wanted?: Bitfield,
  ) {
    this.count = pieceCount(size, pieceLength);
    this.states = new Uint8Array(this.count);
    this.stored = have.clone();
    this.wanted = new Bitfield(this.count);
    for (let piece = 0; piece < this.count; piece++) {
      if (have.has(piece)) {
        this.states[piece] = STORED;
        this.storedBytes += this.bytesOf(piece);
      }
      if (!wanted || wanted.has(piece)) this.want(piece);
    }
  }

  bytesOf(piece: number): number {
    return pieceSize(piece, this.size, this.pieceLength);
  }

  isPiece(piece: number): boolean {
    return Number.isInteger(piece) && piece >= 0 && piece < this.count;
  }

  isOpen(piece: number): boolean {
    return this.states[piece] === OPEN;
  }

  isRequested(piece: number): boolean {
    return this.states[piece] === REQUESTED;
  }

  /** True for a piece that has still to come: open, requested or unwanted. */
  isMissing(piece: number): boolean {
    return (this.states[piece] as number) < ARRIVED;
  }

  isArrived(piece: number): boolean {
    return this.states[piece] === ARRIVED;
  }

  get complete(): boolean {
    return this.storedWantedCount === this.wantedCount;
  }

  /** @returns true if the piece is open now and was not wanted before */
  want(piece: number): boolean {
    if (!this.wanted.set(piece)) return false;
    this.wantedCount++;
    if (this.states[piece] === STORED) this.storedWantedCount++;
    if (this.states[piece] !== UNWANTED) return false;
    this.states[piece] = OPEN;
    this.openCount++;
    this.missingBytes += this.bytesOf(piece);
    return true;
  }

  /** open -> requested. */
  request(piece: number): void {
    if (this.states[piece] !== OPEN) return;
    this.states[piece] = REQUESTED;
    this.openCount--;
  }

  /** requested or arrived -> open. @returns true if it is open now and was not before */
  reopen(piece: number): boolean {
    const state = this.states[piece];
    if (state !== REQUESTED && state !== ARRIVED) return false;
    if (state === ARRIVED) {
      this.unstoredBytes -= this.bytesOf(piece);
      this.missingBytes += this.bytesOf(piece);
    }
    this.states[piece] = OPEN;
    this.openCount++;
    return true;
  }

  /** -> arrived. @returns false if it had come before */
  arrive(piece: number): boolean {
    const state = this.states[piece];
    if (state === ARRIVED || state === STORED) return false;
    if (state === OPEN) this.openCount--;
    if (state !== UNWANTED) this.missingBytes -= this.bytesOf(piece);
    this.states[piece] = ARRIVED;
    this.unstoredBytes += this.bytesOf(piece);
    return true;
  }

  /** -> stored, also when the download did not see it arrive. @returns false if it was stored before */
  store(piece: number): boolean {
    if (this.states[piece] === STORED) return false;
    this.arrive(piece);
    this.states[piece] = STORED;
    this.stored.set(piece);
    this.unstoredBytes -= this.bytesOf(piece);
    this.storedBytes += this.bytesOf(piece);
    if (this.wanted.has(piece)) this.storedWantedCount++;
    return true;
  }

  /** Wanted pieces that are not stored. */
  *unstored(): Generator<number> {
    for (let piece = 0; piece < this.count; piece++) if (this.states[piece] !== STORED && this.wanted.has(piece)) yield piece;
  }

  *open(): Generator<number> {
    for (let piece = 0; piece < this.count; piece++) if (this.states[piece] === OPEN) yield piece;
  }
}
