import { Buffer } from 'node:buffer';
import { readSync, writeSync } from 'node:fs';
import { type ErrorShape, PageSwarmError } from '@pageswarm/primitives';
import { MAX_OUTPUT_CHUNK_BYTES } from './limits.ts';
import type { JobFailure } from './pdf-job.ts';
import { decodeHeader, encodeHeader, FRAME, FRAME_HEADER_BYTES, type FrameKind } from './pipe-frames.ts';

/**
 * The child's end of the pipe. Everything here blocks: PDFium asks for bytes in the middle of a call that cannot wait in
 * any other way, and a child has nothing else to do. The end of the pipe is the end of the parent, and so of the child.
 */
export class ParentPipe {
  constructor(private readonly descriptor: number) {}

  ready(): void {
    this.send(FRAME.ready);
  }

  progress(): void {
    this.send(FRAME.progress);
  }

  output(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; offset += MAX_OUTPUT_CHUNK_BYTES)
      this.send(FRAME.output, bytes.subarray(offset, offset + MAX_OUTPUT_CHUNK_BYTES));
  }

  done(value: unknown): void {
    this.send(FRAME.done, Buffer.from(JSON.stringify(value)));
  }

  kept(value: unknown): void {
    this.send(FRAME.kept, Buffer.from(JSON.stringify(value)));
  }

  failed(failure: JobFailure): void {
    this.send(FRAME.failed, Buffer.from(JSON.stringify(failure)));
  }

  /**
   * Bytes of the document, asked of the parent.
   * @param into is filled and returned if it is as long as the answer
   * @throws PageSwarmError with the parent's code when they cannot be had
   */
  read(offset: number, length: number, into?: Uint8Array): Uint8Array {
    this.write(encodeHeader(FRAME.read, length, offset));
    const header = decodeHeader(this.receive(FRAME_HEADER_BYTES));
    const payload = this.receive(header.length, header.kind === FRAME.bytes ? into : undefined);
    if (header.kind === FRAME.bytes) return payload;
    const { code, detail } = JSON.parse(Buffer.from(payload).toString('utf8')) as ErrorShape;
    throw new PageSwarmError(code, detail);
  }

  private send(kind: FrameKind, payload: Uint8Array = new Uint8Array(0)): void {
    this.write(encodeHeader(kind, payload.length));
    if (payload.length > 0) this.write(payload);
  }

  private write(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) written += orLeave(() => writeSync(this.descriptor, bytes, written));
  }

  private receive(length: number, into?: Uint8Array): Uint8Array {
    const bytes = into?.length === length ? into : new Uint8Array(length);
    let received = 0;
    while (received < length) {
      const count = orLeave(() => readSync(this.descriptor, bytes, received, length - received, null));
      if (count === 0) process.exit(0);
      received += count;
    }
    return bytes;
  }
}

/** A pipe that broke means that nobody waits for this child any more. */
function orLeave(transfer: () => number): number {
  try {
    return transfer();
  } catch {
    process.exit(0);
  }
}
