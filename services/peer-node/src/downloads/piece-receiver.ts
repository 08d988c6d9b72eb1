import type { PiecesHead } from '@pageswarm/contracts';
import type { DownloadEvent } from '@pageswarm/engine';
import { countOf, errorShape, indexesOf, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { Bandwidth } from '../bandwidth/bandwidth.ts';
import type { LocalDocument } from '../library/local-document.ts';
import type { DownloadMeter } from './download-meter.ts';
import { PieceAssembler } from './piece-assembler.ts';
import { PieceBuffers } from './piece-buffers.ts';
import type { RunningDigests } from './running-digests.ts';

/** Verified bytes of one download that may wait for the disk before its hosts are read no further, in bytes. */
export const MAX_WAITING_BYTES = 8_388_608;

interface Delivery {
  readonly requestId: number;
  readonly peerId: PeerId;
  readonly asked: readonly number[];
  readonly head: PiecesHead;
  readonly body: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
}

/** Takes pieces off the wire: checks each against its hash, stores it, and tells the engine of both. */
export class PieceReceiver {
  private readonly buffers: PieceBuffers;
  /** Verified bytes that wait for the disk. */
  private waitingBytes = 0;
  private readonly readers: (() => void)[] = [];

  constructor(
    private readonly document: LocalDocument,
    private readonly meter: DownloadMeter,
    private readonly bandwidth: Bandwidth,
    private readonly digests: () => RunningDigests,
    private readonly tell: (event: DownloadEvent) => void,
  ) {
    this.buffers = new PieceBuffers(document.record.pieceLength);
  }

  /**
   * @returns true if every piece that was asked for came
   * @throws PageSwarmError PROTOCOL_ERROR if the host sends what was not asked for, or less than it announced; the transport's codes
   */
  async receive({ requestId, peerId, asked, head, body, signal }: Delivery): Promise<boolean> {
    demandAsked(head, asked);
    const assembler = new PieceAssembler(head.pieces, (piece) => this.document.sizeOfPiece(piece), this.buffers);
    const stored: Promise<void>[] = [];
    let begun = false;
    for await (const chunk of body) {
      if (!begun) this.tell({ type: 'request-begun', requestId, peerId });
      begun = true;
      this.meter.received(chunk.length);
      if (!this.bandwidth.isFree) await this.bandwidth.turn(peerId, this.document.id, chunk.length, signal);
      for (const { piece, bytes } of assembler.add(chunk)) {
        const verified = this.document.verifies(piece, bytes);
        if (!verified) this.meter.corrupt();
        this.tell({ type: 'piece-arrived', requestId, peerId, piece, verified, bytes: bytes.length });
        if (!verified) {
          this.buffers.give(bytes);
          continue;
        }
        this.digests().verified(piece, bytes);
        stored.push(this.store(piece, bytes));
      }
      while (this.waitingBytes > MAX_WAITING_BYTES) await new Promise<void>((resume) => this.readers.push(resume));
    }
    await Promise.all(stored);
    if (!assembler.finished) throw new PageSwarmError('PROTOCOL_ERROR', 'The host sent fewer bytes than the pieces it announced');
    return countOf(head.pieces) === asked.length;
  }

  /** Never rejects: what became of the piece is the engine's to know. */
  private async store(piece: number, bytes: Uint8Array): Promise<void> {
    this.waitingBytes += bytes.length;
    try {
      if (!this.document.have.has(piece)) await this.document.store(piece, bytes);
      this.digests().stored();
      this.tell({ type: 'piece-stored', piece });
    } catch (error) {
      this.tell({ type: 'store-failed', piece, ...errorShape(error) });
    } finally {
      this.waitingBytes -= bytes.length;
      this.buffers.give(bytes);
      if (this.waitingBytes <= MAX_WAITING_BYTES) for (const resume of this.readers.splice(0)) resume();
    }
  }
}

function demandAsked(head: PiecesHead, asked: readonly number[]): void {
  const wanted = new Set(asked);
  for (const piece of indexesOf(head.pieces))
    if (!wanted.delete(piece)) throw new PageSwarmError('PROTOCOL_ERROR', `The host announced piece ${piece}, which was not asked for`);
}
