import { Buffer } from 'node:buffer';
import { MAX_JOB_VALUE_BYTES, MAX_OUTPUT_CHUNK_BYTES } from './limits.ts';
import { decodeHeader, FRAME, FRAME_HEADER_BYTES, type FrameHeader } from './pipe-frames.ts';

/** The most payload bytes of each kind of frame that a child may send. */
const PAYLOAD_LIMIT: Readonly<Record<number, number>> = {
  [FRAME.ready]: 0,
  [FRAME.progress]: 0,
  [FRAME.output]: MAX_OUTPUT_CHUNK_BYTES,
  [FRAME.done]: MAX_JOB_VALUE_BYTES,
  [FRAME.kept]: MAX_JOB_VALUE_BYTES,
  [FRAME.failed]: MAX_JOB_VALUE_BYTES,
};

/** Cuts what a child writes into frames. A child is not trusted: what the libraries read may have taken it over. */
export class FrameReader {
  private chunks: Uint8Array[] = [];
  private buffered = 0;
  private header: FrameHeader | undefined;

  constructor(private readonly onFrame: (header: FrameHeader, payload: Uint8Array) => void) {}

  /** @throws Error if the bytes are no frames; nothing after that can be trusted */
  push(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    for (;;) {
      if (!this.header) {
        if (this.buffered < FRAME_HEADER_BYTES) return;
        this.header = decodeHeader(this.take(FRAME_HEADER_BYTES));
      }
      const { header } = this;
      const length = payloadLength(header);
      if (this.buffered < length) return;
      this.header = undefined;
      this.onFrame(header, this.take(length));
    }
  }

  private take(length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0);
    const whole = this.chunks.length === 1 ? (this.chunks[0] as Uint8Array) : Buffer.concat(this.chunks);
    this.chunks = whole.length > length ? [whole.subarray(length)] : [];
    this.buffered -= length;
    return whole.subarray(0, length);
  }
}

function payloadLength({ kind, length }: FrameHeader): number {
  if (kind === FRAME.read) return 0;
  const limit = PAYLOAD_LIMIT[kind];
  if (limit === undefined) throw new Error(`A child sent a frame of unknown kind ${kind}`);
  if (length > limit) throw new Error(`A child sent a frame of ${length} bytes where ${limit} are allowed`);
  return length;
}
