import { decodePageMap, generatePageView, type PageMap } from '@pageswarm/page-map';
import { isPageSwarmError } from '@pageswarm/primitives';
import type { PipedDocument } from '../pool/piped-document.ts';

/**
 * A PDF of page `page` alone, made of the raw objects of its closure.
 * @param page number from 1
 * @param map with it, only the structure and the closure of the page are read
 * @returns undefined if the document's structure cannot be read, so that there is no view
 * @throws PageSwarmError PAGE_NOT_FOUND, PDF_PASSWORD, or why bytes are missing
 */
export async function pageViewOf(document: PipedDocument, page: number, map: PageMap | undefined): Promise<Uint8Array | undefined> {
  try {
    if (map) document.readAhead(bytesOfPage(map, page));
    return await generatePageView(document, page - 1, { map });
  } catch (error) {
    document.demandAllReadsServed();
    if (isPageSwarmError(error) && error.code === 'PDF_UNREADABLE') return undefined;
    throw error;
  }
}

/** Where the structure and the closure of a page lie: whoever asked for the page has seen to it that they are there. */
function bytesOfPage({ structure, closures, pieceLength, size }: PageMap, page: number): [number, number][] {
  return [...structure, ...(closures[page - 1] ?? [])].map(([first, count]) => {
    const offset = first * pieceLength;
    return [offset, Math.min(size - offset, count * pieceLength)];
  });
}

/** An encoded page map as a job gets it. */
export interface PublishedMap {
  readonly bytes: Uint8Array;
  readonly pieceLength: number;
}

/** The map that was read last: whoever looks at a page looks at the next, and the map of a long document takes milliseconds. */
let last: { readonly published: PublishedMap; readonly size: number; readonly map: PageMap } | undefined;

/** The page map of a document, if there is one and it is valid: it comes from a peer, and pages can be found without it. */
export function readMap(published: PublishedMap | undefined, { size }: Pick<PipedDocument, 'size'>): PageMap | undefined {
  if (!published) return undefined;
  const { bytes, pieceLength } = published;
  if (last?.size === size && last.published.pieceLength === pieceLength && Buffer.compare(last.published.bytes, bytes) === 0)
    return last.map;
  try {
    const map = decodePageMap(bytes, { size, pieceLength });
    last = { published, size, map };
    return map;
  } catch {
    return undefined;
  }
}
