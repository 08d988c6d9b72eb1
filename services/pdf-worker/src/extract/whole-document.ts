import { type ByteSource, PageSwarmError } from '@pageswarm/primitives';

/** The largest document, in bytes, that is read as a whole because its structure gives no views. */
export const MAX_WHOLE_DOCUMENT_BYTES = 134_217_728;

/**
 * Cuts pages (numbers from 1) out of a document whose structure our own reader cannot follow, but pdf-lib perhaps can.
 * @throws PageSwarmError PDF_UNREADABLE, PAGE_NOT_FOUND, or why bytes are missing
 */
export async function cutFromWhole(
  numbers: readonly number[],
  document: ByteSource,
  progress: () => void,
  maxBytes = MAX_WHOLE_DOCUMENT_BYTES,
): Promise<Uint8Array> {
  if (document.size > maxBytes)
    throw new PageSwarmError(
      'PDF_UNREADABLE',
      `The structure of this PDF cannot be read, and it is larger than the ${maxBytes} bytes that are read as a whole`,
    );
  const whole = await document.read(0, document.size);
  progress();
  const { copyPages } = await import('./join-pages.ts');
  return copyPages(whole, numbers, progress);
}
