import { isPageSwarmError } from '@pageswarm/primitives';
import { isPdfiumDead, wasMemoryRefused } from '../pdfium/pdfium-library.ts';
import type { JobFailure } from './pdf-job.ts';
import type { PipedDocument } from './piped-document.ts';

/**
 * What the parent is told of a job that threw. Missing bytes come first: they explain whatever the library said. Errors
 * that are not ours leave the process in a state that nobody knows, so it takes no other job.
 */
export function describeJobFailure(error: unknown, document: PipedDocument): JobFailure {
  const spent = isPdfiumDead() || !isPageSwarmError(error);
  try {
    document.demandAllReadsServed();
  } catch (missing) {
    if (isPageSwarmError(missing)) return { error: missing.toShape(), spent };
  }
  if (isPageSwarmError(error)) return { error: { code: error.code, detail: error.detail }, spent };
  if (wasMemoryRefused() || isAllocationFailure(error))
    return { error: { code: 'PDF_MEMORY', detail: 'This PDF needs more memory than a job may have' }, spent };
  const reason = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 200) : 'unknown';
  return { error: { code: 'PDF_CRASH', detail: `A PDF library failed on this PDF (${reason})` }, spent };
}

function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError && /allocation|array length|out of memory/i.test(error.message);
}
