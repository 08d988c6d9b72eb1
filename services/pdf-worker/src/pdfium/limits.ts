/** Share of the job memory that PDFium's WebAssembly heap may take; the rest is for Node and what comes out. */
export const PDFIUM_HEAP_SHARE = 0.7;
/** The largest document that PDFium's 32-bit file access can speak of, in bytes. */
export const MAX_PDFIUM_DOCUMENT_BYTES = 4_294_967_295;
/** The most characters (UTF-16 units) of one page that are looked at. */
export const MAX_PAGE_CHARACTERS = 4_194_304;
/** The longest title or author in bytes (UTF-16) that is looked at. */
export const MAX_META_TEXT_BYTES = 1_048_576;
/** The most characters of a title or author that are kept: as many as a name may have in the swarm. */
export const MAX_META_TEXT_CHARACTERS = 1_024;
/** The highest bitmap in pixels. */
export const MAX_RENDER_HEIGHT = 16_384;
/** The most pixels of a bitmap; 4,096 x 6,144, four bytes each. */
export const MAX_RENDER_PIXELS = 25_165_824;
