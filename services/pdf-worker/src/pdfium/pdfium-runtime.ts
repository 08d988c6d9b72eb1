import { PageSwarmError } from '@pageswarm/primitives';
import type { PdfiumModule } from './pdfium-module.ts';

/** The most bytes of each kind that are taken from a document. */
export interface PdfiumLimits {
  readonly maxDocumentBytes: number;
  readonly maxPageCharacters: number;
  readonly maxMetaTextBytes: number;
}

/** A function of PDFium that fills a buffer with UTF-16, terminator included, and returns how many bytes there are. */
type TextFunction = (module: PdfiumModule, buffer: number, length: number) => number;

/** The running module and its heap, which is not collected. */
export class PdfiumRuntime {
  /** True once a call did not come back in order. PDFium is poisoned after that: every later document fails too. */
  dead = false;

  constructor(
    private readonly module: PdfiumModule,
    readonly limits: PdfiumLimits,
  ) {}

  /** The bytes of the heap, as they are until the next call. */
  get heap(): Uint8Array<ArrayBuffer> {
    return this.module.HEAPU8;
  }

  /** Calls into PDFium. Whatever is thrown out of it (an abort, a stack that overflows) leaves it unusable. */
  call<T>(action: (module: PdfiumModule) => T): T {
    try {
      return action(this.module);
    } catch (error) {
      this.dead = true;
      throw error;
    }
  }

  /** @throws PageSwarmError PDF_MEMORY */
  allocate(bytes: number): number {
    const pointer = this.call((module) => module.wasmExports.malloc(bytes));
    if (pointer !== 0) return pointer;
    throw new PageSwarmError('PDF_MEMORY', 'This PDF needs more memory than a job may have');
  }

  free(pointer: number): void {
    if (!this.dead) this.call((module) => module.wasmExports.free(pointer));
  }

  withBuffer<T>(bytes: number, use: (buffer: number) => T): T {
    const buffer = this.allocate(bytes);
    try {
      return use(buffer);
    } finally {
      this.free(buffer);
    }
  }

  /** What a function of PDFium has to say; null if that is nothing, or more than may be looked at. */
  text(read: TextFunction): string | null {
    const bytes = this.call((module) => read(module, 0, 0));
    // Two bytes are the terminator alone.
    if (bytes <= 2 || bytes > this.limits.maxMetaTextBytes) return null;
    return this.withBuffer(bytes, (buffer) => {
      this.call((module) => read(module, buffer, bytes));
      return Buffer.from(this.heap.subarray(buffer, buffer + bytes - 2)).toString('utf16le');
    });
  }
}
