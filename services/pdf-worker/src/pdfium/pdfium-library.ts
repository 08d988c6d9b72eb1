import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { PDFiumModule as instantiatePdfium } from '@hyzyla/pdfium';
import { PageSwarmError } from '@pageswarm/primitives';
import type { BlockSource } from './block-source.ts';
import { MAX_META_TEXT_BYTES, MAX_PAGE_CHARACTERS, MAX_PDFIUM_DOCUMENT_BYTES, PDFIUM_HEAP_SHARE } from './limits.ts';
import { PdfiumDocument } from './pdfium-document.ts';
import { GET_BLOCK_SLOT, installGetBlock, type PdfiumModule, type WasmInstance, wasm } from './pdfium-module.ts';
import { type PdfiumLimits, PdfiumRuntime } from './pdfium-runtime.ts';

type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What counted the words, kept beside them: counts of different engines or versions cannot be compared. */
export const PDFIUM_EXTRACTOR = '@hyzyla/pdfium 2.1.13';

/**
 * Lets V8 put small functions of PDFium into those that call them: a tenth less processor time for text. It was compared and
 * measured with the V8 of Node 20; others may not know the flag, and complain.
 */
const INLINE_WASM = '--experimental-wasm-inlining';
/** Size of FPDF_FILEACCESS: length, function pointer and parameter of four bytes each. */
const FILE_ACCESS_BYTES = 12;
/** FPDF_ERR_PASSWORD of fpdfview.h. */
const PASSWORD_ERROR = 4;
const LIMITS: PdfiumLimits = {
  maxDocumentBytes: MAX_PDFIUM_DOCUMENT_BYTES,
  maxPageCharacters: MAX_PAGE_CHARACTERS,
  maxMetaTextBytes: MAX_META_TEXT_BYTES,
};
const REASONS: Readonly<Record<number, string>> = {
  2: 'its bytes could not be read',
  3: 'it is damaged, or not a PDF',
  5: 'its encryption is not supported',
};

/**
 * PDFium, compiled to WebAssembly, driven through its C interface. The package's own document class copies the whole file
 * into the heap and leaks a page for every text; here a document is read by range, and pages are closed.
 */
export class PdfiumLibrary {
  /** True once the heap was refused more memory: what fails after that, fails for that reason. */
  memoryRefused = false;
  private readonly sources = new Map<number, BlockSource>();
  private nextDocument = 1;
  private runtime!: PdfiumRuntime;

  /** @param limits for those who cross them on purpose */
  static async load(memoryBytes: number, limits: Partial<PdfiumLimits> = {}): Promise<PdfiumLibrary> {
    const library = new PdfiumLibrary();
    if (process.versions.v8.startsWith('11.')) setFlagsFromString(INLINE_WASM);
    const maxHeapBytes = memoryBytes * PDFIUM_HEAP_SHARE;
    const bytes = await readFile(createRequire(import.meta.url).resolve('@hyzyla/pdfium/pdfium.wasm'));
    const instantiateWasm = (imports: WasmImports, done: (instance: WasmInstance) => void) => {
      const env = imports['env'] as Record<string, unknown>;
      const grow = env['emscripten_resize_heap'] as (size: number) => number;
      const growWithinLimit = (size: number) => {
        const tooLarge = size >>> 0 > maxHeapBytes;
        library.memoryRefused ||= tooLarge;
        return tooLarge ? 0 : grow(size);
      };
      const start = async () => {
        const { instance } = await wasm.instantiate(bytes, { ...imports, env: { ...env, emscripten_resize_heap: growWithinLimit } });
        installGetBlock(instance, (id, position, buffer, size) => library.getBlock(id, position >>> 0, buffer >>> 0, size >>> 0));
        done(instance);
      };
      void start();
      return {};
    };
    // The package's types name WebAssembly's, which Node's leave out.
    const instantiate = instantiatePdfium as unknown as (options: { instantiateWasm: typeof instantiateWasm }) => Promise<PdfiumModule>;
    const module = await instantiate({ instantiateWasm });
    library.runtime = new PdfiumRuntime(module, { ...LIMITS, ...limits });
    module._FPDF_InitLibrary();
    return library;
  }

  /** Bytes of PDFium's heap; it never shrinks. */
  get heapBytes(): number {
    return this.runtime.heap.length;
  }

  /** True once PDFium is of no more use. */
  get dead(): boolean {
    return this.runtime.dead;
  }

  /**
   * Opens a document that is read by range while it is used.
   * @throws PageSwarmError PDF_PASSWORD or PDF_UNREADABLE
   */
  open(source: BlockSource): PdfiumDocument {
    const { runtime } = this;
    const { maxDocumentBytes } = runtime.limits;
    if (source.size > maxDocumentBytes)
      throw new PageSwarmError('PDF_UNREADABLE', `PDFium reads documents of at most ${maxDocumentBytes} bytes`);
    const id = this.nextDocument++;
    this.sources.set(id, source);
    const access = runtime.allocate(FILE_ACCESS_BYTES);
    new Uint32Array(runtime.heap.buffer, access, 3).set([source.size, GET_BLOCK_SLOT, id]);
    const release = () => {
      runtime.free(access);
      this.sources.delete(id);
    };
    const pointer = runtime.call((module) => module._FPDF_LoadCustomDocument(access, 0));
    if (pointer !== 0) return new PdfiumDocument(runtime, pointer, release);
    const reason = runtime.call((module) => module._FPDF_GetLastError());
    release();
    if (reason === PASSWORD_ERROR) throw new PageSwarmError('PDF_PASSWORD', 'This PDF cannot be opened without its password');
    throw new PageSwarmError('PDF_UNREADABLE', `PDFium cannot open this PDF: ${REASONS[reason] ?? 'it does not say why'}`);
  }

  private getBlock(id: number, position: number, buffer: number, size: number): number {
    const source = this.sources.get(id);
    if (!source || position + size > source.size) return 0;
    try {
      source.readInto(position, this.runtime.heap.subarray(buffer, buffer + size));
      return 1;
    } catch {
      // The source remembers its failure; through PDFium's frames no exception may pass.
      return 0;
    }
  }
}

let loading: Promise<PdfiumLibrary> | undefined;
let loaded: PdfiumLibrary | undefined;

/** The one PDFium of this process. @param memoryBytes resident bytes that the process may hold */
export function loadPdfium(memoryBytes: number): Promise<PdfiumLibrary> {
  loading ??= PdfiumLibrary.load(memoryBytes).then((library) => {
    loaded = library;
    return library;
  });
  return loading;
}

export function isPdfiumDead(): boolean {
  return loaded?.dead === true;
}

export function wasMemoryRefused(): boolean {
  return loaded?.memoryRefused === true;
}
