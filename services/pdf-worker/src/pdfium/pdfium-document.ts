import { PageSwarmError } from '@pageswarm/primitives';
import type { Bitmap } from './bitmap.ts';
import { bitmapSize } from './bitmap-size.ts';
import { MAX_META_TEXT_BYTES, MAX_PAGE_CHARACTERS } from './limits.ts';
import { tidyMetaText } from './meta-text.ts';
import type { PdfiumLibrary } from './pdfium-library.ts';

/** FPDFBitmap_BGRA, FPDF_ANNOT and FPDF_REVERSE_BYTE_ORDER of fpdfview.h. */
const FOUR_CHANNELS = 4;
const WITH_ANNOTATIONS = 0x01;
const AS_RGBA = 0x10;
const WHITE = 0xffffffff;

/** An open document. Close it: PDFium's heap is not collected. */
export class PdfiumDocument {
  constructor(
    private readonly library: PdfiumLibrary,
    private readonly pointer: number,
    private readonly release: () => void,
  ) {}

  get pageCount(): number {
    return this.library.call((module) => module._FPDF_GetPageCount(this.pointer));
  }

  get encrypted(): boolean {
    return this.library.call((module) => module._FPDF_GetSecurityHandlerRevision(this.pointer)) >= 0;
  }

  /** An entry of the information dictionary (PDF 32000-1 section 14.3.3), tidied; null when it is absent or says nothing. */
  metaText(entry: 'Title' | 'Author'): string | null {
    const tag = this.library.allocate(entry.length + 1);
    try {
      this.heap.set(Buffer.from(`${entry}\0`, 'latin1'), tag);
      const bytes = this.library.call((module) => module._FPDF_GetMetaText(this.pointer, tag, 0, 0));
      // Two bytes are the terminator alone.
      if (bytes <= 2 || bytes > MAX_META_TEXT_BYTES) return null;
      return this.withBuffer(bytes, (buffer) => {
        this.library.call((module) => module._FPDF_GetMetaText(this.pointer, tag, buffer, bytes));
        return tidyMetaText(Buffer.from(this.heap.subarray(buffer, buffer + bytes - 2)).toString('utf16le'));
      });
    } finally {
      this.free(tag);
    }
  }

  /**
   * Hands the text of a page to `use` as UTF-16 units, a view that is valid during the call alone.
   * @returns what `use` returns, or undefined if PDFium cannot load the page
   */
  useText<T>(pageIndex: number, use: (units: Uint16Array) => T): T | undefined {
    return this.withPage(pageIndex, (page) => {
      const textPage = this.library.call((module) => module._FPDFText_LoadPage(page));
      if (textPage === 0) return undefined;
      const result = this.readText(textPage, use);
      this.library.call((module) => module._FPDFText_ClosePage(textPage));
      return result;
    });
  }

  /**
   * Renders a page on white, `width` pixels wide; less if it would become too large otherwise.
   * @throws PageSwarmError PAGE_NOT_FOUND, PDF_UNREADABLE or PDF_MEMORY
   */
  render(pageIndex: number, width: number): Bitmap {
    if (pageIndex >= this.pageCount) throw new PageSwarmError('PAGE_NOT_FOUND', `This PDF has ${this.pageCount} pages`);
    const bitmap = this.withPage(pageIndex, (page) => this.renderPage(page, width));
    if (!bitmap) throw new PageSwarmError('PDF_UNREADABLE', `PDFium cannot read page ${pageIndex + 1} of this PDF`);
    return bitmap;
  }

  close(): void {
    if (this.library.dead) return;
    this.library.call((module) => module._FPDF_CloseDocument(this.pointer));
    this.release();
  }

  private get heap(): Uint8Array {
    return this.library.call((module) => module.HEAPU8);
  }

  private free(pointer: number): void {
    if (!this.library.dead) this.library.call((module) => module.wasmExports.free(pointer));
  }

  private withBuffer<T>(bytes: number, use: (buffer: number) => T): T {
    const buffer = this.library.allocate(bytes);
    try {
      return use(buffer);
    } finally {
      this.free(buffer);
    }
  }

  private withPage<T>(pageIndex: number, use: (page: number) => T): T | undefined {
    const page = this.library.call((module) => module._FPDF_LoadPage(this.pointer, pageIndex));
    if (page === 0) return undefined;
    try {
      return use(page);
    } finally {
      if (!this.library.dead) this.library.call((module) => module._FPDF_ClosePage(page));
    }
  }

  private readText<T>(textPage: number, use: (units: Uint16Array) => T): T {
    const characters = this.library.call((module) => module._FPDFText_CountChars(textPage));
    if (characters <= 0) return use(new Uint16Array(0));
    const count = Math.min(characters, MAX_PAGE_CHARACTERS);
    return this.withBuffer((count + 1) * 2, (buffer) => {
      const written = this.library.call((module) => module._FPDFText_GetText(textPage, 0, count, buffer));
      return use(new Uint16Array(this.heap.buffer, buffer, Math.max(0, written - 1)));
    });
  }

  private renderPage(page: number, wantedWidth: number): Bitmap {
    const pageWidth = this.library.call((module) => module._FPDF_GetPageWidthF(page));
    const pageHeight = this.library.call((module) => module._FPDF_GetPageHeightF(page));
    const { width, height } = bitmapSize(pageWidth, pageHeight, wantedWidth);
    const stride = width * FOUR_CHANNELS;
    return this.withBuffer(stride * height, (buffer) => {
      this.library.call((module) => {
        const bitmap = module._FPDFBitmap_CreateEx(width, height, FOUR_CHANNELS, buffer, stride);
        module._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
        module._FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, WITH_ANNOTATIONS | AS_RGBA);
        module._FPDFBitmap_Destroy(bitmap);
      });
      return { width, height, pixels: this.heap.slice(buffer, buffer + stride * height) };
    });
  }
}
