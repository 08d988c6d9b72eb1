import { isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';

/** True for the codes that say that the disk is in the way, not the document or the swarm. */
export function isStoreError(code: string): boolean {
  return code === 'STORE_FULL' || code === 'STORE_FAILED';
}

/** Errors of the file system in our codes; everything else as it is. */
export function storeError(error: unknown): unknown {
  if (isPageSwarmError(error)) return error;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new PageSwarmError('STORE_FULL', 'There is no space left in the data folder', { cause: error });
  if (syscall !== undefined && code !== undefined)
    return new PageSwarmError('STORE_FAILED', `The data folder cannot be used: ${message}`, { cause: error });
  return error;
}
