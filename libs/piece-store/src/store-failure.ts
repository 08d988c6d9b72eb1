import { isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import { errnoOf } from './file-operations.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Runs an action on the disk and names its failure: STORE_FULL or STORE_FAILED. The detail says what was tried and the errno;
 * paths stay in the cause, because details are told to other nodes.
 */
export async function onDisk<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (isPageSwarmError(error)) throw error;
    const errno = errnoOf(error);
    if (errno && FULL.has(errno)) throw new PageSwarmError('STORE_FULL', `The disk is full: cannot ${what} (${errno})`, { cause: error });
    throw new PageSwarmError('STORE_FAILED', `Cannot ${what}${errno ? ` (${errno})` : ''}`, { cause: error });
  }
}
