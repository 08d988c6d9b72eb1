import type { Logger } from '@pageswarm/observability';
import type { LocalDocument } from '../library/local-document.ts';
import { LeafHashingThread } from './leaf-hashing-thread.ts';
import { MAX_SPARE_PIECE_BYTES, PieceBuffers } from './piece-buffers.ts';

/** Pieces of documents from this size on, in bytes, are hashed on another thread; for smaller ones its start costs more than it saves. */
export const MIN_HASHED_APART_BYTES = 67_108_864;
/** How much has to come before that thread is started, in bytes: whoever waits for a page must not wait for processors that start it. */
export const HASHED_FIRST_BYTES = 16_777_216;

/**
 * Checks pieces of one download against their hashes. SHA-256 is a third of what a piece costs the thread that receives it, so that of
 * a large document is another thread's work. While there is no such thread, the receiving one does it.
 */
export class PieceVerifier {
  /** Where the pieces come to lie: in memory that both threads see, as far as it reaches. */
  readonly buffers: PieceBuffers;
  private readonly arena: SharedArrayBuffer | undefined;
  private hashing: LeafHashingThread | undefined;
  private isBroken = false;
  private cameBytes = 0;

  constructor(
    private readonly document: LocalDocument,
    private readonly logger: Logger,
  ) {
    const { size, pieceLength } = document.record;
    if (size >= MIN_HASHED_APART_BYTES) this.arena = new SharedArrayBuffer(MAX_SPARE_PIECE_BYTES);
    this.buffers = new PieceBuffers(pieceLength, this.arena);
  }

  /** Whether these bytes are the piece: at once, or when the other thread has hashed them. Until then they must stay as they are. */
  verify(piece: number, bytes: Uint8Array): boolean | Promise<boolean> {
    this.cameBytes += bytes.length;
    if (this.arena && !this.isBroken && this.cameBytes > HASHED_FIRST_BYTES)
      this.hashing ??= new LeafHashingThread(this.arena, (error) => this.giveUp(error));
    if (!this.hashing?.isOnline || bytes.buffer !== this.arena) return this.document.verifies(piece, bytes);
    return this.verifyApart(this.hashing, piece, bytes);
  }

  /** Ends the other thread. What it has not answered is still answered; a piece that comes later starts another. */
  close(): void {
    this.hashing?.close();
    this.hashing = undefined;
  }

  private async verifyApart(hashing: LeafHashingThread, piece: number, bytes: Uint8Array): Promise<boolean> {
    let leaves: Uint8Array;
    try {
      leaves = await hashing.leavesOf(bytes);
    } catch {
      return this.document.verifies(piece, bytes);
    }
    return this.document.verifiesLeaves(piece, leaves);
  }

  /** A thread that died by itself would die again. */
  private giveUp(error: Error): void {
    this.isBroken = true;
    this.hashing = undefined;
    this.logger.warn(
      { err: error, documentId: this.document.id },
      'the thread that hashes pieces ended; the receiving one hashes the rest',
    );
  }
}
