import type { PieceBook } from './piece-book.ts';
import type { PickBudget } from './piece-picker.ts';

interface Queue {
  pieces: number[];
  head: number;
  bytes: number;
}

const NOBODY = -1;

/**
 * The plan: which open pieces each host will be asked for, in order. A piece stands in one queue at most.
 * A piece that leaves from the middle stays in the array and is passed over later, so every step is O(1).
 */
export class HostQueues {
  private readonly ownerOf: Int32Array;
  private readonly queues = new Map<number, Queue>();

  constructor(private readonly book: Pick<PieceBook, 'count' | 'bytesOf' | 'isOpen'>) {
    this.ownerOf = new Int32Array(book.count).fill(NOBODY);
  }

  append(host: number, pieces: Iterable<number>): void {
    const queue = this.queueOf(host);
    for (const piece of pieces) {
      this.forget(piece);
      queue.pieces.push(piece);
      queue.bytes += this.book.bytesOf(piece);
      this.ownerOf[piece] = host;
    }
  }

  /** Puts pieces before all others of a host, in this order. */
  prepend(host: number, pieces: readonly number[]): void {
    const queue = this.queueOf(host);
    const later = queue.pieces.slice(queue.head);
    queue.pieces = [];
    queue.head = 0;
    this.append(host, pieces);
    for (const piece of later) queue.pieces.push(piece);
  }

  bytesOf(host: number): number {
    return this.queues.get(host)?.bytes ?? 0;
  }

  isPlanned(piece: number): boolean {
    return this.ownerOf[piece] !== NOBODY;
  }

  /** Takes a piece out of the plan: it was asked for in another way. */
  forget(piece: number): void {
    const owner = this.ownerOf[piece] as number;
    if (owner === NOBODY) return;
    this.queueOf(owner).bytes -= this.book.bytesOf(piece);
    this.ownerOf[piece] = NOBODY;
  }

  /** Takes the next open pieces from the front of a host's queue. */
  take(host: number, budget: PickBudget): number[] {
    const queue = this.queueOf(host);
    const taken: number[] = [];
    let bytes = 0;
    while (queue.head < queue.pieces.length && bytes < budget.bytes && taken.length < budget.pieces) {
      const piece = queue.pieces[queue.head++] as number;
      if (!this.leave(host, piece)) continue;
      taken.push(piece);
      bytes += this.book.bytesOf(piece);
    }
    if (queue.head === queue.pieces.length) {
      queue.pieces = [];
      queue.head = 0;
    }
    return taken;
  }

  /** Takes about `bytes` (at least one piece) from the back of a host's queue, only pieces that `accepts`. @returns them in queue order */
  takeTail(host: number, bytes: number, accepts: (piece: number) => boolean): number[] {
    const queue = this.queueOf(host);
    const taken: number[] = [];
    const passed: number[] = [];
    let sum = 0;
    while (queue.pieces.length > queue.head && sum < bytes) {
      const piece = queue.pieces.pop() as number;
      if (this.ownerOf[piece] !== host) continue;
      if (!accepts(piece)) {
        passed.push(piece);
        continue;
      }
      if (!this.leave(host, piece)) continue;
      taken.push(piece);
      sum += this.book.bytesOf(piece);
    }
    while (passed.length > 0) queue.pieces.push(passed.pop() as number);
    return taken.reverse();
  }

  /** Takes about `bytes` (at least one piece) from the front of a host's queue, only pieces that `accepts`. @returns them in queue order */
  takeHead(host: number, bytes: number, accepts: (piece: number) => boolean): number[] {
    const queue = this.queueOf(host);
    const taken: number[] = [];
    let sum = 0;
    for (let place = queue.head; place < queue.pieces.length && sum < bytes; place++) {
      const piece = queue.pieces[place] as number;
      if (this.ownerOf[piece] !== host || !accepts(piece) || !this.leave(host, piece)) continue;
      taken.push(piece);
      sum += this.book.bytesOf(piece);
    }
    return taken;
  }

  /** Empties a host's queue. @returns its open pieces in order */
  clear(host: number): number[] {
    const pieces = this.take(host, { bytes: Number.POSITIVE_INFINITY, pieces: Number.POSITIVE_INFINITY });
    this.queues.delete(host);
    return pieces;
  }

  clearAll(): void {
    for (const host of [...this.queues.keys()]) this.clear(host);
  }

  /** @returns true if the piece was in this queue and is open */
  private leave(host: number, piece: number): boolean {
    if (this.ownerOf[piece] !== host) return false;
    this.forget(piece);
    return this.book.isOpen(piece);
  }

  private queueOf(host: number): Queue {
    let queue = this.queues.get(host);
    if (!queue) {
      queue = { pieces: [], head: 0, bytes: 0 };
      this.queues.set(host, queue);
    }
    return queue;
  }
}
