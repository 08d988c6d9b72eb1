import { type IndexRange, indexesOf } from '@pageswarm/primitives';
import type { PieceBook } from './piece-book.ts';
import type { PickBudget } from './piece-picker.ts';

/** Pieces that readers wait for, in the order in which they were asked. */
export class DemandList {
  private readonly readers = new Map<number, number>();

  constructor(private readonly book: PieceBook) {}

  add(ranges: readonly IndexRange[]): number[] {
    const pieces = [...indexesOf(ranges)].filter((piece) => this.book.isPiece(piece) && !this.book.stored.has(piece));
    for (const piece of pieces) this.readers.set(piece, (this.readers.get(piece) ?? 0) + 1);
    return pieces;
  }

  remove(ranges: readonly IndexRange[]): void {
    for (const piece of indexesOf(ranges)) {
      const readers = this.readers.get(piece);
      if (readers === undefined) continue;
      if (readers > 1) this.readers.set(piece, readers - 1);
      else this.readers.delete(piece);
    }
  }

  /** The piece is stored: nobody waits for it any more. */
  satisfied(piece: number): void {
    this.readers.delete(piece);
  }

  has(piece: number): boolean {
    return this.readers.has(piece);
  }

  /** True while a host is asked for any of them, or the disk is. */
  isUnderWay(): boolean {
    for (const piece of this.readers.keys()) if (this.book.isRequested(piece) || this.book.isArrived(piece)) return true;
    return false;
  }

  get size(): number {
    return this.readers.size;
  }

  /** Demanded pieces that still have to come, in order. */
  *missing(): Generator<number> {
    for (const piece of this.readers.keys()) if (this.book.isMissing(piece)) yield piece;
  }

  /** Open demanded pieces that a host has. */
  pick(holds: (piece: number) => boolean, budget: PickBudget): number[] {
    const picked: number[] = [];
    let bytes = 0;
    for (const piece of this.readers.keys()) {
      if (bytes >= budget.bytes || picked.length >= budget.pieces) break;
      if (!this.book.isOpen(piece) || !holds(piece)) continue;
      picked.push(piece);
      bytes += this.book.bytesOf(piece);
    }
    return picked;
  }
}
