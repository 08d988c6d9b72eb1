import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { PDFiumModule as instantiatePdfium } from '@hyzyla/pdfium';
import { PageSwarmError } from '@pageswarm/primitives';
import { MAX_PDFIUM_DOCUMENT_BYTES, PDFIUM_HEAP_SHARE } from './limits.ts';
import { PdfiumDocument } from './pdfium-document.ts';
import { GET_BLOCK_SLOT, installGetBlock, type PdfiumModule, type WasmInstance, wasm } from './pdfium-module.ts';

type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What counted the words, kept beside them: counts of different engines or versions cannot be compared. */
export const PDFIUM_EXTRACTOR = '@hyzyla/pdfium 2.1.13';

/** Bytes that PDFium can read by range without waiting. */
export interface BlockSource {
  readonly size: number;
  /** Fills `target` from `offset`, or throws. */
  readInto(offset: number, target: Uint8Array): void;
}

/**
 * Lets V8 put small functions of PDFium into those that call them: a tenth less processor time for text. It was compared and
 * measured with the V8 of Node 20; others may not know the flag, and complain.
 */
const INLINE_WASM = '--experimental-wasm-inlining';
/** Size of FPDF_FILEACCESS: length, function pointer and parameter of four bytes each. */
const FILE_ACCESS_BYTES = 12;
/** FPDF_ERR_PASSWORD of fpdfview.h. */
const PASSWORD_ERROR = 4;
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
  /** True once a call did not come back in order. PDFium is poisoned after that: every later document fails too. */
  dead = false;
  private readonly sources = new Map<number, BlockSource>();
  private nextDocument = 1;
  private module!: PdfiumModule;

  static async load(memoryBytes: number): Promise<PdfiumLibrary> {
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
    library.module = await instantiate({ instantiateWasm });
    library.module._FPDF_InitLibrary();
    return library;
  }

  /** Bytes of PDFium's heap; it never shrinks. */
  get heapBytes(): number {
    return this.module.HEAPU8.length;
  }

  /**
   * Opens a document that is read by range while it is used.
   * @throws PageSwarmError PDF_PASSWORD or PDF_UNREADABLE
   */
  open(source: BlockSource): PdfiumDocument {
    if (source.size > MAX_PDFIUM_DOCUMENT_BYTES)
      throw new PageSwarmError('PDF_UNREADABLE', `PDFium reads documents of at most ${MAX_PDFIUM_DOCUMENT_BYTES} bytes`);
    const id = this.nextDocument++;
    this.sources.set(id, source);
    const access = this.allocate(FILE_ACCESS_BYTES);
    new Uint32Array(this.module.HEAPU8.buffer, access, 3).set([source.size, GET_BLOCK_SLOT, id]);
    const release = () => {
      this.module.wasmExports.free(access);
      this.sources.delete(id);
    };
    const pointer = this.call((module) => module._FPDF_LoadCustomDocument(access, 0));
    if (pointer !== 0) return new PdfiumDocument(this, pointer, release);
    const reason = this.module._FPDF_GetLastError();
    release();
    if (reason === PASSWORD_ERROR) throw new PageSwarmError('PDF_PASSWORD', 'This PDF cannot be opened without its password');
    throw new PageSwarmError('PDF_UNREADABLE', `PDFium cannot open this PDF: ${REASONS[reason] ?? 'it does not say why'}`);
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

  private getBlock(id: number, position: number, buffer: number, size: number): number {
    const source = this.sources.get(id);
    if (!source || position + size > source.size) return 0;
    try {
      source.readInto(position, this.module.HEAPU8.subarray(buffer, buffer + size));
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
