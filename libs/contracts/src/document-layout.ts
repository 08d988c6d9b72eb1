import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { PageSwarmError } from '@pageswarm/primitives';
import { z } from 'zod';
import { MAX_PAGES } from './fields.ts';
import { parseMessage } from './parse-message.ts';

/** The most entries of an outline; what comes after them is left out. */
export const MAX_OUTLINE_ENTRIES = 5_000;
/** How many levels of an outline are shown; what lies deeper is left out. */
export const MAX_OUTLINE_DEPTH = 32;
/** The most characters of the title of an outline entry; longer ones are cut. */
export const MAX_OUTLINE_TITLE_LENGTH = 300;
/** The most characters of a page label; longer ones are cut. */
export const MAX_PAGE_LABEL_LENGTH = 64;
/** The most runs of pages of one size; the sizes of a document with more are not told. */
export const MAX_PAGE_SIZE_RUNS = 10_000;
/** The longest side of a page in points that is told; PDF 2.0 itself sets none. */
export const MAX_PAGE_SIDE_POINTS = 2_147_483_647;
/** The most bytes of the JSON of a layout: as many as all of the above can be. */
export const MAX_LAYOUT_BYTES = 33_554_432;

export const OutlineEntrySchema = z.object({
  /** 1 for the entries at the top. */
  level: z.number().int().min(1).max(MAX_OUTLINE_DEPTH),
  title: z.string().max(MAX_OUTLINE_TITLE_LENGTH),
  /** Number from 1; null if it leads to no page of this document. */
  page: z.number().int().min(1).max(MAX_PAGES).nullable(),
});
export type OutlineEntry = z.output<typeof OutlineEntrySchema>;

const PageSideField = z.number().min(0).max(MAX_PAGE_SIDE_POINTS);
/** So many pages, one after another, of this size in points (1/72 inch) as they are shown. */
export const PageSizeRunSchema = z.object({ pages: z.number().int().min(1).max(MAX_PAGES), width: PageSideField, height: PageSideField });
export type PageSizeRun = z.output<typeof PageSizeRunSchema>;

/** What a document says of its pages beside their words. Peers keep it by themselves: catalogs need none of it. */
export const DocumentLayoutSchema = z.object({
  /** In reading order; null if there is none. */
  outline: z.array(OutlineEntrySchema).max(MAX_OUTLINE_ENTRIES).nullable(),
  /** What is printed for each page ("iv", "A-3"); null if pages are simply counted. */
  pageLabels: z.array(z.string().max(MAX_PAGE_LABEL_LENGTH)).max(MAX_PAGES).nullable(),
  /** From the first page to the last; null if they are not known. */
  pageSizes: z.array(PageSizeRunSchema).max(MAX_PAGE_SIZE_RUNS).nullable(),
});
export type DocumentLayout = z.output<typeof DocumentLayoutSchema>;

export const UNKNOWN_LAYOUT: DocumentLayout = { outline: null, pageLabels: null, pageSizes: null };

/** A layout as JSON, compressed. */
export function encodeLayout(layout: DocumentLayout): Uint8Array {
  return brotliCompressSync(JSON.stringify(layout), { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
}

/** @throws PageSwarmError INVALID_REQUEST if it is none, or too large */
export function decodeLayout(bytes: Uint8Array, maxBytes = MAX_LAYOUT_BYTES): DocumentLayout {
  return parseMessage(DocumentLayoutSchema, inflatedJson(bytes, maxBytes));
}

function inflatedJson(bytes: Uint8Array, maxOutputLength: number): unknown {
  try {
    return JSON.parse(brotliDecompressSync(bytes, { maxOutputLength }).toString('utf8'));
  } catch (cause) {
    throw new PageSwarmError('INVALID_REQUEST', 'The layout of the document cannot be read', { cause });
  }
}
