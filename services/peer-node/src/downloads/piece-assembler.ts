import { type IndexRange, indexesOf, PageSwarmError } from '@pageswarm/primitives';
import type { PieceBuffers } from './piece-buffers.ts';

/** A whole piece as it came: not verified yet. */
export interface ArrivedPiece {
  readonly piece: number;
  readonly bytes: Uint8Array;
}

/** Cuts a stream of bytes into the pieces that the sender said would follow, in their order. */
export class PieceAssembler {
  private readonly order: Iterator<number>;
  private current: number | undefined;
  private buffer: Buffer | undefined;
  private filled = 0;

  constructor(
    ranges: Iterable<IndexRange>,
    private readonly sizeOf: (piece: number) => number,
    private readonly buffers: PieceBuffers,
  ) {
    this.order = indexesOf(ranges);
    this.advance();
  }

  /** True once every announced piece came whole. */
  get finished(): boolean {
    return this.current === undefined;
  }

  /**
   * The pieces that this chunk completes, in memory of {@link PieceBuffers}; the chunk itself is only lent.
   * @throws PageSwarmError PROTOCOL_ERROR if more comes than was announced
   */
  *add(chunk: Uint8Array): Generator<ArrivedPiece> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.current === undefined) throw new PageSwarmError('PROTOCOL_ERROR', 'The host sent more bytes than the pieces it announced');
      const size = this.sizeOf(this.current);
      this.buffer ??= this.buffers.take(size);
      const part = rest.subarray(0, size - this.filled);
      // Into memory that threads share V8 copies word by word, as languages must; `fill` copies as the processor does best.
      this.buffer.fill(part, this.filled, this.filled + part.length);
      this.filled += part.length;
      rest = rest.subarray(part.length);
      if (this.filled === size) yield this.take(this.buffer);
    }
  }

  private take(bytes: Uint8Array): ArrivedPiece {
    const piece = this.current as number;
    this.buffer = undefined;
    this.filled = 0;
    this.advance();
    return { piece, bytes };
  }

  private advance(): void {
    const next = this.order.next();
    this.current = next.done ? undefined : next.value;
  }
}
