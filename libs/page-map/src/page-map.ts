import { type ByteSource, type IndexRange, piecesOfBytes } from '@pageswarm/primitives';
import { BlockReader, MAPPING_BLOCK_BYTES, SourceError } from './byte-window.ts';
import { DEFAULT_PAGE_MAP_LIMITS, type PageMapLimits, UnmappableError } from './limits.ts';
import { type MappedDocument, mapDocument } from './map-document.ts';
import { withDocument } from './open-document.ts';
import { type OwnerRun, REST, type STRUCTURE } from './owners.ts';
import type { PdfDocument } from './pdf-document.ts';
import { coarsened, withoutRanges } from './piece-sets.ts';

/** The most runs that a map has. */
export const MAX_RUNS = 1_000_000;
/** The most piece ranges that the closures of all pages have together; beyond it the smallest gaps of each closure are filled. */
export const MAX_CLOSURE_RANGES = 1_000_000;
/** The longest reason that a linear map carries, in characters. */
export const MAX_REASON_LENGTH = 300;

/** What was learned about a PDF beside its map. */
export interface PageMapDetails {
  readonly encrypted: boolean;
  /** Encrypted, and the empty password does not open it. */
  readonly needsPassword: boolean;
  /** The cross-reference data were wrong and the objects were found by a scan. */
  readonly rebuilt: boolean;
  readonly linearized: boolean;
  /** From the header, such as `1.7`. */
  readonly pdfVersion?: string;
}

/** Which bytes of a PDF belong to which page, and which pieces each page needs. It steers order, it never proves anything about bytes. */
export interface PageMap {
  readonly version: 2;
  /** Bytes of the document. */
  readonly size: number;
  /** Bytes of a piece. */
  readonly pieceLength: number;
  readonly pageCount: number;
  /** False for the linear map: pages then are equal slices of the file and none can be shown before all is there. */
  readonly mapped: boolean;
  /** Why the map is linear. */
  readonly reason?: string;
  /** Every byte of the document once, in file order. */
  readonly runs: readonly OwnerRun[];
  /** For each page the pieces that its closure touches, without those in `structure`. */
  readonly closures: readonly (readonly IndexRange[])[];
  /**
   * The pieces that every page needs: header, cross-reference data, catalog and what it adds to all pages. Fewer than those with bytes that
   * {@link STRUCTURE} owns: nodes of the page tree and what half of the pages share are in the closures of the pages that need them.
   */
  readonly structure: readonly IndexRange[];
  /** For each page the number of its object, from which a view starts; 0 where the page tree must be walked. Empty in a linear map. */
  readonly pageObjects: readonly number[];
  readonly details: PageMapDetails;
}

export interface BuildPageMapOptions {
  readonly pieceLength: number;
  readonly limits?: Partial<PageMapLimits>;
  /** How many pages a linear map gets when the structure cannot be read, @default 1 */
  readonly linearPageCount?: number;
}

const NO_DETAILS: PageMapDetails = { encrypted: false, needsPassword: false, rebuilt: false, linearized: false };

/**
 * Reads the structure of a PDF. Whatever is wrong with the file, the answer is a map: a linear one with the reason if it must be.
 * Rejects only with what the byte source itself rejects with.
 */
export async function buildPageMap(source: ByteSource, options: BuildPageMapOptions): Promise<PageMap> {
  const limits = { ...DEFAULT_PAGE_MAP_LIMITS, ...options.limits };
  const { pieceLength } = options;
  const { size } = source;
  const blocks = new BlockReader(source, MAPPING_BLOCK_BYTES, limits.maxCacheBytes);
  let details = NO_DETAILS;
  try {
    const mapped = await withDocument(blocks, limits, (document) => {
      details = detailsOf(document);
      document.dropStrings();
      return mapDocument(document, pieceLength);
    });
    return checkedMap(mapped, size, pieceLength, details);
  } catch (error) {
    if (error instanceof SourceError) throw error.cause;
    // A fault of ours on a strange file costs its map, never the transfer of its bytes.
    const reason = error instanceof UnmappableError ? error.message : 'its structure could not be read';
    return linearPageMap({ size, pieceLength, pageCount: options.linearPageCount ?? 1, reason, details });
  }
}

function detailsOf({ decryption, needsPassword, rebuilt, linearized, pdfVersion }: PdfDocument): PageMapDetails {
  return { encrypted: decryption !== undefined, needsPassword, rebuilt, linearized, ...(pdfVersion ? { pdfVersion } : {}) };
}

/** @throws UnmappableError unless the runs cover every byte once and name only pages that exist. */
function checkedMap(
  { runs, closures, structure, pageObjects }: MappedDocument,
  size: number,
  pieceLength: number,
  details: PageMapDetails,
): PageMap {
  const pageCount = closures.length;
  const covered = runs.reduce((total, [length]) => total + length, 0);
  if (covered !== size || runs.some(([length, owner]) => length <= 0 || owner < REST || owner >= pageCount))
    throw new UnmappableError('its owners do not cover every byte once');
  if (runs.length > MAX_RUNS) throw new UnmappableError(`its pages lie in more than ${MAX_RUNS} parts`);
  const perPage = Math.floor(MAX_CLOSURE_RANGES / pageCount);
  const needed = closures.map((ranges) => coarsened(withoutRanges(ranges, structure), perPage));
  return { version: 2, size, pieceLength, pageCount, mapped: true, runs, closures: needed, structure, pageObjects, details };
}

export interface LinearPageMapOptions {
  readonly size: number;
  readonly pieceLength: number;
  readonly pageCount: number;
  readonly reason: string;
  readonly details?: PageMapDetails;
}

/** The map of a file whose structure is unknown: `pageCount` equal slices, in order. */
export function linearPageMap({ size, pieceLength, pageCount, reason, details = NO_DETAILS }: LinearPageMapOptions): PageMap {
  const pages = Math.max(1, Math.min(Math.floor(pageCount) || 1, DEFAULT_PAGE_MAP_LIMITS.maxPages));
  const runs: OwnerRun[] = [];
  const closures: IndexRange[][] = [];
  for (let page = 0; page < pages; page++) {
    const start = Math.floor((size * page) / pages);
    const length = Math.floor((size * (page + 1)) / pages) - start;
    if (length > 0) runs.push([length, page]);
    closures.push(length > 0 ? [piecesOfBytes(start, length, pieceLength)] : []);
  }
  const linear = { mapped: false, reason: reason.slice(0, MAX_REASON_LENGTH), runs, closures, structure: [], pageObjects: [] };
  return { version: 2, size, pieceLength, pageCount: pages, ...linear, details };
}
