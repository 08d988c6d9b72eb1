import { Bitfield, type Random } from '@pageswarm/primitives';
import type { PieceBook } from './piece-book.ts';
import { RarityIndex } from './rarity-index.ts';

/**
 * Neighbouring pieces are asked together up to this, where nothing speaks against it, in bytes: a question, a read and a mark of 16 KiB cost
 * as much as of 64.
 */
export const RUN_BYTES = 65_536;

/** How many pieces make a run. */
export function piecesInRun(pieceLength: number): number {
  return Math.max(1, Math.floor(RUN_BYTES / pieceLength));
}

/** How much to pick: pieces until one of both is reached, but at least one. */
export interface PickBudget {
  readonly bytes: number;
  readonly pieces: number;
}

/**
 * Knows which holder has which open piece and picks; it knows no socket, disk or clock.
 * In go: the state of pieces, holders and what they hold. Out comes an ordered list of open pieces; the caller marks them as requested.
 * Holders are small numbers that the caller gives out.
 */
export class PiecePicker {
  private readonly rarity: RarityIndex;
  private readonly complete = new Set<number>();
  private readonly partial = new Map<number, { readonly pieces: Bitfield; openHeld: number }>();
  /** The order in which pieces that no partial holder has are asked of complete ones. */
  private scarceOrder: Int32Array;
  private readonly scarcePlace: Int32Array;
  private scarceNext = 0;
  private readonly runLength: number;

  constructor(
    private readonly book: PieceBook,
    private readonly random: Random,
  ) {
    this.rarity = new RarityIndex(book.count);
    for (const piece of book.open()) this.rarity.add(piece);
    this.scarceOrder = Int32Array.from({ length: book.count }, (_, piece) => piece);
    this.scarcePlace = this.scarceOrder.slice();
    this.runLength = piecesInRun(book.pieceLength);
  }

  // Holders

  /** A holder that can be asked; one that was known is replaced. */
  addHolder(holder: number, pieces: 'all' | Bitfield): void {
    this.removeHolder(holder);
    if (pieces === 'all' || pieces.isFull) {
      this.complete.add(holder);
      return;
    }
    this.partial.set(holder, { pieces: new Bitfield(this.book.count), openHeld: 0 });
    for (const piece of pieces) this.addPiece(holder, piece);
  }

  removeHolder(holder: number): void {
    this.complete.delete(holder);
    const held = this.partial.get(holder);
    if (!held) return;
    this.partial.delete(holder);
    for (const piece of held.pieces) this.countHolder(piece, -1);
  }

  /** A partial holder got a piece. */
  addPiece(holder: number, piece: number): void {
    const held = this.partial.get(holder);
    if (!held?.pieces.set(piece)) return;
    if (this.book.isOpen(piece)) held.openHeld++;
    this.countHolder(piece, 1);
    if (held.pieces.isFull) this.addHolder(holder, 'all');
  }

  /** A holder turned out not to have a piece; a complete one is partial from then on. */
  removePiece(holder: number, piece: number): void {
    if (this.complete.has(holder)) this.addHolderOfAllBut(holder, piece);
    const held = this.partial.get(holder);
    if (!held?.pieces.clear(piece)) return;
    if (this.book.isOpen(piece)) held.openHeld--;
    this.countHolder(piece, -1);
  }

  holds(holder: number, piece: number): boolean {
    return this.complete.has(holder) || (this.partial.get(holder)?.pieces.has(piece) ?? false);
  }

  /** How many open pieces a holder has. */
  openHeldBy(holder: number): number {
    return this.complete.has(holder) ? this.book.openCount : (this.partial.get(holder)?.openHeld ?? 0);
  }

  get hasPartialHolders(): boolean {
    return this.partial.size > 0;
  }

  /** True if a known holder other than `except` has the piece. */
  isHeld(piece: number, except = -1): boolean {
    if (this.complete.size > (this.complete.has(except) ? 1 : 0)) return true;
    return this.rarity.holdersOf(piece) > (this.partial.get(except)?.pieces.has(piece) ? 1 : 0);
  }

  /** True if a partial holder has the piece. */
  isSpread(piece: number): boolean {
    return this.rarity.holdersOf(piece) > 0;
  }

  /** True if an open piece is at complete holders alone. */
  get hasScarce(): boolean {
    return this.complete.size > 0 && this.rarity.with(0).length > 0;
  }

  // Pieces

  request(piece: number): void {
    if (this.book.isOpen(piece)) this.closed(piece);
    this.book.request(piece);
  }

  reopen(piece: number): boolean {
    const opened = this.book.reopen(piece);
    if (opened) this.opened(piece);
    return opened;
  }

  want(piece: number): boolean {
    const opened = this.book.want(piece);
    if (opened) this.opened(piece);
    return opened;
  }

  arrive(piece: number): boolean {
    if (this.book.isOpen(piece)) this.closed(piece);
    return this.book.arrive(piece);
  }

  store(piece: number): boolean {
    if (this.book.isOpen(piece)) this.closed(piece);
    return this.book.store(piece);
  }

  // Picks

  /**
   * The rarest open pieces that a holder has: those that no partial holder has first (only complete holders have them), then by number of
   * partial holders; equals come from a random place, so that the peers of a crowd do not all ask for the same, and neighbours that are as
   * rare come with them.
   */
  pickRarest(holder: number, budget: PickBudget): number[] {
    const picked: number[] = [];
    if (this.openHeldBy(holder) === 0) return picked;
    const isComplete = this.complete.has(holder);
    let bytes = isComplete ? this.pickScarce(budget, picked) : 0;
    let unseen = isComplete ? Number.POSITIVE_INFINITY : this.openHeldBy(holder);
    for (let level = 1; level < this.rarity.levels && unseen > 0; level++) {
      const bucket = this.rarity.with(level);
      const start = Math.floor(this.random.next() * bucket.length);
      for (let i = 0; i < bucket.length && unseen > 0; i++) {
        const piece = bucket[(start + i) % bucket.length] as number;
        if (!this.holds(holder, piece) || picked.includes(piece)) continue;
        for (let next = this.startOfRun(holder, piece, level, picked); this.isOfRun(holder, next, level, picked); next++) {
          if (full(budget, picked.length, bytes)) return picked;
          picked.push(next);
          bytes += this.book.bytesOf(next);
          unseen--;
        }
      }
    }
    return picked;
  }

  /** Open pieces that a holder has in the given order, from `from` on. */
  pickInOrder(holder: number, order: Int32Array, from: number, budget: PickBudget): number[] {
    const picked: number[] = [];
    let bytes = 0;
    let unseen = this.openHeldBy(holder);
    for (let place = from; place < order.length && unseen > 0; place++) {
      const piece = order[place] as number;
      if (!this.book.isOpen(piece) || !this.holds(holder, piece)) continue;
      if (full(budget, picked.length, bytes)) break;
      picked.push(piece);
      bytes += this.book.bytesOf(piece);
      unseen--;
    }
    return picked;
  }

  /** Sets the order in which complete holders are asked for what no partial holder has. */
  orderScarce(order: Int32Array): void {
    this.scarceOrder = order;
    for (let place = 0; place < order.length; place++) this.scarcePlace[order[place] as number] = place;
    this.scarceNext = 0;
  }

  private pickScarce(budget: PickBudget, picked: number[]): number {
    let bytes = 0;
    let left = this.rarity.with(0).length;
    for (let place = this.scarceNext; place < this.scarceOrder.length && left > 0; place++) {
      const piece = this.scarceOrder[place] as number;
      const scarce = this.book.isOpen(piece) && this.rarity.holdersOf(piece) === 0;
      if (!scarce) {
        // Whatever is passed from the front is passed for good: a piece that becomes scarce again moves the start back.
        if (place === this.scarceNext) this.scarceNext++;
        continue;
      }
      if (full(budget, picked.length, bytes)) break;
      picked.push(piece);
      bytes += this.book.bytesOf(piece);
      left--;
    }
    return bytes;
  }

  /** The first of the neighbours before a piece that can be asked with it, within its run. */
  private startOfRun(holder: number, piece: number, level: number, picked: readonly number[]): number {
    let first = piece;
    while (first % this.runLength > 0 && this.isOfRun(holder, first - 1, level, picked)) first--;
    return first;
  }

  private isOfRun(holder: number, piece: number, level: number, picked: readonly number[]): boolean {
    return this.book.isOpen(piece) && this.rarity.holdersOf(piece) === level && this.holds(holder, piece) && !picked.includes(piece);
  }

  private countHolder(piece: number, by: 1 | -1): void {
    this.rarity.change(piece, by);
    if (by === -1) this.becameScarce(piece);
  }

  private becameScarce(piece: number): void {
    if (this.rarity.holdersOf(piece) === 0) this.scarceNext = Math.min(this.scarceNext, this.scarcePlace[piece] as number);
  }

  private opened(piece: number): void {
    this.rarity.add(piece);
    this.becameScarce(piece);
    for (const held of this.partial.values()) if (held.pieces.has(piece)) held.openHeld++;
  }

  private closed(piece: number): void {
    this.rarity.remove(piece);
    for (const held of this.partial.values()) if (held.pieces.has(piece)) held.openHeld--;
  }

  private addHolderOfAllBut(holder: number, piece: number): void {
    const pieces = Bitfield.full(this.book.count);
    pieces.clear(piece);
    this.addHolder(holder, pieces);
  }
}

function full(budget: PickBudget, pieces: number, bytes: number): boolean {
  return pieces > 0 && (bytes >= budget.bytes || pieces >= budget.pieces);
}
