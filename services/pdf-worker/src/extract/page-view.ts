import { generatePageView } from '@pageswarm/page-map';
import { isPageSwarmError } from '@pageswarm/primitives';
import type { PipedDocument } from '../pool/piped-document.ts';

/**
 * A PDF of page `page` alone, made of the raw objects of its closure.
 * @param page number from 1
 * @returns undefined if the document's structure cannot be read, so that there is no view
 * @throws PageSwarmError PAGE_NOT_FOUND, PDF_PASSWORD, or why bytes are missing
 */
export async function pageViewOf(document: PipedDocument, page: number): Promise<Uint8Array | undefined> {
  try {
    return await generatePageView(document, page - 1);
  } catch (error) {
    document.demandAllReadsServed();
    if (isPageSwarmError(error) && error.code === 'PDF_UNREADABLE') return undefined;
    throw error;
  }
}
