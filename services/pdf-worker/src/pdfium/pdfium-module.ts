/** The part of PDFium's C interface that is used here (public/fpdfview.h, fpdf_text.h, fpdf_doc.h). Pointers are numbers. */
export interface PdfiumModule {
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  readonly wasmExports: { malloc(size: number): number; free(pointer: number): void };
  _FPDF_InitLibrary(): void;
  _FPDF_GetLastError(): number;
  _FPDF_LoadCustomDocument(access: number, password: number): number;
  _FPDF_CloseDocument(document: number): void;
  _FPDF_GetPageCount(document: number): number;
  _FPDF_GetSecurityHandlerRevision(document: number): number;
  _FPDF_GetMetaText(document: number, tag: number, buffer: number, length: number): number;
  _FPDF_GetPageLabel(document: number, index: number, buffer: number, length: number): number;
  _FPDFBookmark_GetFirstChild(document: number, bookmark: number): number;
  _FPDFBookmark_GetNextSibling(document: number, bookmark: number): number;
  _FPDFBookmark_GetTitle(bookmark: number, buffer: number, length: number): number;
  _FPDFBookmark_GetDest(document: number, bookmark: number): number;
  _FPDFBookmark_GetAction(bookmark: number): number;
  _FPDFAction_GetType(action: number): number;
  _FPDFAction_GetDest(document: number, action: number): number;
  _FPDFDest_GetDestPageIndex(document: number, destination: number): number;
  _FPDF_LoadPage(document: number, index: number): number;
  _FPDF_ClosePage(page: number): void;
  _FPDF_GetPageWidthF(page: number): number;
  _FPDF_GetPageHeightF(page: number): number;
  _FPDFText_LoadPage(page: number): number;
  _FPDFText_ClosePage(textPage: number): void;
  _FPDFText_CountChars(textPage: number): number;
  _FPDFText_GetText(textPage: number, start: number, count: number, buffer: number): number;
  _FPDFBitmap_CreateEx(width: number, height: number, format: number, buffer: number, stride: number): number;
  _FPDFBitmap_FillRect(bitmap: number, left: number, top: number, width: number, height: number, color: number): void;
  _FPDFBitmap_Destroy(bitmap: number): void;
  _FPDF_RenderPageBitmap(
    bitmap: number,
    page: number,
    left: number,
    top: number,
    width: number,
    height: number,
    rotate: number,
    flags: number,
  ): void;
}

/** Called by PDFium for bytes of a document: returns 1, or 0 when they cannot be had. */
export type GetBlock = (document: number, position: number, buffer: number, size: number) => number;

/**
 * A module that imports a function (i32, i32, i32, i32) -> i32 as `e.f` and exports it again: the only way to make a
 * JavaScript function one that a WebAssembly table takes.
 */
const TRAMPOLINE = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // header
  ...[0x01, 0x09, 0x01, 0x60, 0x04, 0x7f, 0x7f, 0x7f, 0x7f, 0x01, 0x7f], // type 0
  ...[0x02, 0x07, 0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00], // import e.f of type 0
  ...[0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // export f
]);

/** Slot 0 is C's null pointer: nothing else can live there, and the module's table is built without room to grow. */
export const GET_BLOCK_SLOT = 0;

interface WasmTable {
  set(index: number, value: unknown): void;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** What is used of the WebAssembly JavaScript interface; Node has it, its types leave it to those of browsers. */
export const wasm = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object, imports: object) => WasmInstance;
      instantiate(bytes: Uint8Array, imports: object): Promise<{ readonly instance: WasmInstance }>;
    };
  }
).WebAssembly;

/** Lets PDFium call `getBlock` through the function pointer {@link GET_BLOCK_SLOT}. */
export function installGetBlock(pdfium: WasmInstance, getBlock: GetBlock): void {
  const { exports } = new wasm.Instance(new wasm.Module(TRAMPOLINE), { e: { f: getBlock } });
  (pdfium.exports['__indirect_function_table'] as WasmTable).set(GET_BLOCK_SLOT, exports['f']);
}
