import { MAX_PAGE_LABEL_LENGTH, MAX_PAGE_SIDE_POINTS, type OutlineEntry } from '@pageswarm/contracts';
import { PageSwarmError } from '@pageswarm/primitives';
import type { Bitmap } from './bitmap.ts';
import { bitmapSize } from './bitmap-size.ts';
import { tidyMetaText } from './meta-text.ts';
import { readOutline } from './pdfium-outline.ts';
import type { PdfiumRuntime } from './pdfium-runtime.ts';

/** FPDFBitmap_BGRA, FPDF_ANNOT and FPDF_REVERSE_BYTE_ORDER of fpdfview.h. */
const FOUR_CHANNELS = 4;
const WITH_ANNOTATIONS = 0x01;
const AS_RGBA = 0x10;
const WHITE = 0xffffffff;

/** In points (1/72 inch), as the page is shown. */
export interface PageSize {
  readonly width: number;
  readonly height: number;
}

/** An open document. Close it: PDFium's heap is not collected. */
export class PdfiumDocument {
  constructor(
    private readonly runtime: PdfiumRuntime,
    private readonly pointer: number,
    private readonly release: () => void,
  ) {}

  get pageCount(): number {
    return this.runtime.call((module) => module._FPDF_GetPageCount(this.pointer));
  }

  get encrypted(): boolean {
    return this.runtime.call((module) => module._FPDF_GetSecurityHandlerRevision(this.pointer)) >= 0;
  }

  /** An entry of the information dictionary (PDF 32000-1 section 14.3.3), tidied; null when it is absent or says nothing. */
  metaText(entry: 'Title' | 'Author'): string | null {
    return this.runtime.withBuffer(entry.length + 1, (tag) => {
      this.runtime.heap.set(Buffer.from(`${entry}\0`, 'latin1'), tag);
      const text = this.runtime.text((module, buffer, length) => module._FPDF_GetMetaText(this.pointer, tag, buffer, length));
      return text === null ? null : tidyMetaText(text);
    });
  }

  /** @param onEntry called for each entry. @returns null if there is no outline */
  outline(onEntry: () => void): OutlineEntry[] | null {
    return readOutline(this.runtime, this.pointer, this.pageCount, onEntry);
  }

  /** What is printed for a page (PDF 32000-1 section 12.4.2); null if pages are simply counted. */
  pageLabel(pageIndex: number): string | null {
    const text = this.runtime.text((module, buffer, length) => module._FPDF_GetPageLabel(this.pointer, pageIndex, buffer, length));
    return text === null ? null : tidyMetaText(text, MAX_PAGE_LABEL_LENGTH);
  }

  /**
   * Hands the text of a page to `use` as UTF-16 units, a view that is valid during the call alone, and its size as it is shown.
   * @returns what `use` returns, or undefined if PDFium cannot load the page
   */
  useText<T>(pageIndex: number, use: (units: Uint16Array, size: PageSize) => T): T | undefined {
    return this.withPage(pageIndex, (page) => {
      const textPage = this.runtime.call((module) => module._FPDFText_LoadPage(page));
      if (textPage === 0) return undefined;
      const size = this.sizeOf(page);
      const result = this.readText(textPage, (units) => use(units, size));
      this.runtime.call((module) => module._FPDFText_ClosePage(textPage));
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
    if (this.runtime.dead) return;
    this.runtime.call((module) => module._FPDF_CloseDocument(this.pointer));
    this.release();
  }

  private withPage<T>(pageIndex: number, use: (page: number) => T): T | undefined {
    const page = this.runtime.call((module) => module._FPDF_LoadPage(this.pointer, pageIndex));
    if (page === 0) return undefined;
    try {
      return use(page);
    } finally {
      if (!this.runtime.dead) this.runtime.call((module) => module._FPDF_ClosePage(page));
    }
  }

  private readText<T>(textPage: number, use: (units: Uint16Array) => T): T {
    const characters = this.runtime.call((module) => module._FPDFText_CountChars(textPage));
    if (characters <= 0) return use(new Uint16Array(0));
    const count = Math.min(characters, this.runtime.limits.maxPageCharacters);
    return this.runtime.withBuffer((count + 1) * 2, (buffer) => {
      const written = this.runtime.call((module) => module._FPDFText_GetText(textPage, 0, count, buffer));
      return use(new Uint16Array(this.runtime.heap.buffer, buffer, Math.max(0, written - 1)));
    });
  }

  private sizeOf(page: number): PageSize {
    return this.runtime.call((module) => ({
      width: sideOf(module._FPDF_GetPageWidthF(page)),
      height: sideOf(module._FPDF_GetPageHeightF(page)),
    }));
  }

  private renderPage(page: number, wantedWidth: number): Bitmap {
    const shown = this.sizeOf(page);
    const { width, height } = bitmapSize(shown.width, shown.height, wantedWidth);
    const stride = width * FOUR_CHANNELS;
    return this.runtime.withBuffer(stride * height, (buffer) => {
      this.runtime.call((module) => {
        const bitmap = module._FPDFBitmap_CreateEx(width, height, FOUR_CHANNELS, buffer, stride);
        module._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, WHITE);
        module._FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, WITH_ANNOTATIONS | AS_RGBA);
        module._FPDFBitmap_Destroy(bitmap);
      });
      return { width, height, pixels: this.runtime.heap.slice(buffer, buffer + stride * height) };
    });
  }
}

/** Pages are told to a hundredth of a point; what is no length at all is none. */
function sideOf(points: number): number {
  return points > 0 ? Math.min(MAX_PAGE_SIDE_POINTS, Math.round(points * 100) / 100) : 0;
}
