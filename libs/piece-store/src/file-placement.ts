import { join } from 'node:path';
import { PageSwarmError } from '@pageswarm/primitives';
import { errnoOf, type FileOperations } from './file-operations.ts';

/** What file systems without hard links (FAT, some network and container mounts) answer. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

export interface Placement {
  readonly from: string;
  readonly directory: string;
  /** File names to try in turn. */
  readonly names: Iterable<string>;
  /** Called before each try, so that a crash after it can be understood. */
  readonly beforeTry?: (name: string) => Promise<void>;
}

/**
 * Gives a file its place under the first name that no other file has. Never replaces a file: a hard link fails when the name is
 * taken, and where there are no links, the name is reserved by creating it before the file is renamed over the reservation.
 * A file that has its place already, after a crash, keeps it. `from` may still exist afterwards and is to be unlinked.
 * @returns the name
 */
export async function placeFile(operations: FileOperations, { from, directory, names, beforeTry }: Placement): Promise<string> {
  for (const name of names) {
    await beforeTry?.(name);
    if (await tryName(operations, from, join(directory, name))) return name;
  }
  throw new PageSwarmError('STORE_FAILED', 'Every name that the document could have is taken');
}

async function tryName(operations: FileOperations, from: string, to: string): Promise<boolean> {
  try {
    await operations.link(from, to);
    return true;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (errno === 'EEXIST') return isSameFile(operations, from, to);
    if (!NO_LINKS.has(errno)) throw error;
  }
  try {
    await (await operations.open(to, 'wx')).close();
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    await operations.rename(from, to);
  } catch (error) {
    await operations.unlink(to);
    throw error;
  }
  return true;
}

async function isSameFile(operations: FileOperations, a: string, b: string): Promise<boolean> {
  const [factsA, factsB] = await Promise.all([operations.facts(a), operations.facts(b)]);
  return factsA !== undefined && factsA.identity === factsB?.identity;
}
