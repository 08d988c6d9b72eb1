import type { PiecesHead } from '@pageswarm/contracts';
import type { DownloadEvent } from '@pageswarm/engine';
import { countOf, errorShape, indexesOf, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { Bandwidth } from '../bandwidth/bandwidth.ts';
import type { LocalDocument } from '../library/local-document.ts';
import type { DownloadMeter } from './download-meter.ts';
import { type ArrivedPiece, PieceAssembler } from './piece-assembler.ts';
import type { PieceVerifier } from './piece-verifier.ts';
import type { RunningDigests } from './running-digests.ts';

/** Bytes of one download that may wait for their hashes and for the disk before its hosts are read no further. */
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
  /** Bytes of whole pieces that are not on the disk yet. */
  private waitingBytes = 0;
  private readonly readers: (() => void)[] = [];

  constructor(
    private readonly document: LocalDocument,
    private readonly verifier: Pick<PieceVerifier, 'buffers' | 'verify'>,
    private readonly meter: DownloadMeter,
    private readonly bandwidth: Bandwidth,
    private readonly digests: () => RunningDigests,
    private readonly tell: (event: DownloadEvent) => void,
  ) {}

  /**
   * @returns true if every piece that was asked for came
   * @throws PageSwarmError PROTOCOL_ERROR if the host sends what was not asked for, or less than it announced; the transport's codes
   */
  async receive({ requestId, peerId, asked, head, body, signal }: Delivery): Promise<boolean> {
    demandAsked(head, asked);
    const { buffers } = this.verifier;
    const assembler = new PieceAssembler(head.pieces, (piece) => this.document.sizeOfPiece(piece), buffers);
    const verdicts: Promise<void>[] = [];
    const stored: Promise<void>[] = [];
    const judge = (arrived: ArrivedPiece, verified: boolean): void => {
      if (!verified) this.meter.corrupt();
      this.tell({ type: 'piece-arrived', requestId, peerId, piece: arrived.piece, verified, bytes: arrived.bytes.length });
      if (verified) stored.push(this.store(arrived));
      else this.release(arrived);
    };
    let begun = false;
    try {
      for await (const chunk of body) {
        if (!begun) this.tell({ type: 'request-begun', requestId, peerId });
        begun = true;
        this.meter.received(chunk.length);
        if (!this.bandwidth.isFree) await this.bandwidth.turn(peerId, this.document.id, chunk.length, signal);
        for (const arrived of assembler.add(chunk)) {
          this.waitingBytes += arrived.bytes.length;
          const verdict = this.verifier.verify(arrived.piece, arrived.bytes);
          if (typeof verdict === 'boolean') judge(arrived, verdict);
          else verdicts.push(verdict.then((verified) => judge(arrived, verified)));
        }
        while (this.waitingBytes > MAX_WAITING_BYTES) await new Promise<void>((resume) => this.readers.push(resume));
      }
    } finally {
      // However the request ended, what came whole is told first.
      await Promise.all(verdicts);
    }
    await Promise.all(stored);
    if (!assembler.finished) throw new PageSwarmError('PROTOCOL_ERROR', 'The host sent fewer bytes than the pieces it announced');
    return countOf(head.pieces) === asked.length;
  }

  /** Never rejects: what became of the piece is the engine's to know. */
  private async store(arrived: ArrivedPiece): Promise<void> {
    const { piece, bytes } = arrived;
    try {
      this.digests().verified(piece, bytes);
      if (!this.document.have.has(piece)) await this.document.store(piece, bytes);
      this.digests().stored();
      this.tell({ type: 'piece-stored', piece });
    } catch (error) {
      this.tell({ type: 'store-failed', piece, ...errorShape(error) });
    } finally {
      this.release(arrived);
    }
  }

  /** Nobody looks at the bytes of this piece any more. */
  private release({ bytes }: ArrivedPiece): void {
    this.waitingBytes -= bytes.length;
    this.verifier.buffers.give(bytes);
    if (this.waitingBytes <= MAX_WAITING_BYTES) for (const resume of this.readers.splice(0)) resume();
  }
}

function demandAsked(head: PiecesHead, asked: readonly number[]): void {
  const wanted = new Set(asked);
  for (const piece of indexesOf(head.pieces))
    if (!wanted.delete(piece)) throw new PageSwarmError('PROTOCOL_ERROR', `The host announced piece ${piece}, which was not asked for`);
}
