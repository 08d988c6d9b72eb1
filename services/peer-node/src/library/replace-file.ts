import { rename, rm, writeFile } from 'node:fs/promises';
import { storeError } from './store-error.ts';

/**
 * Replaces a file as a whole, so that a crash leaves the old or the new.
 * @throws PageSwarmError STORE_FULL, STORE_FAILED
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(`${path}.new`, content, { flush: true });
    await rename(`${path}.new`, path);
  } catch (error) {
    // What was half written would keep a full disk full.
    await rm(`${path}.new`, { force: true });
    throw storeError(error);
  }
}
