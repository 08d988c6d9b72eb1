import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isPageSwarmError, PageSwarmError, type PeerId, peerId } from '@pageswarm/primitives';

/** Who this node is, as long as its data folder lives. */
export interface NodeIdentityFile {
  readonly peerId: PeerId;
  /** Lets another process use the folder. */
  release(): Promise<void>;
}

/** Folders that this process holds; their lock files cannot tell it from a dead one that had the same process id. */
const heldHere = new Set<string>();

/**
 * Takes the data folder for this process and reads the node's identity from `node.json`, or makes one up.
 * @throws PageSwarmError INVALID_CONFIGURATION if another living process holds the folder or `node.json` is damaged
 */
export async function takeIdentity(dataDir: string): Promise<NodeIdentityFile> {
  await mkdir(dataDir, { recursive: true });
  const lock = join(resolve(dataDir), 'node.lock');
  await takeLock(lock, dataDir);
  const release = async (): Promise<void> => {
    heldHere.delete(lock);
    await rm(lock, { force: true });
  };
  try {
    const path = join(dataDir, 'node.json');
    return { peerId: (await readIdentity(path)) ?? (await makeIdentity(path)), release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function takeLock(lock: string, dataDir: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(lock, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      heldHere.add(lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
      if (heldHere.has(lock) || (holder !== process.pid && (await isAlive(holder)))) {
        throw new PageSwarmError(
          'INVALID_CONFIGURATION',
          `PAGESWARM_DATA_DIR=${dataDir} is in use by process ${holder}: stop it or choose another folder`,
        );
      }
      // The holder died without releasing: kill -9, or a container that reuses process ids on a kept volume.
      await rm(lock, { force: true });
    }
  }
  throw new PageSwarmError('INVALID_CONFIGURATION', `PAGESWARM_DATA_DIR=${dataDir} is being taken by another process`);
}

async function isAlive(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !(await isZombie(pid));
}

/** True for a process that is dead and whose parent has not noticed yet: signals still reach it (proc(5), the state in `stat`). */
async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

async function readIdentity(path: string): Promise<PeerId | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return peerId(JSON.parse(text).peerId);
  } catch (cause) {
    const detail = isPageSwarmError(cause) ? cause.detail : 'it is not JSON';
    throw new PageSwarmError('INVALID_CONFIGURATION', `${path} is damaged (${detail}): restore it, or remove it to become a new node`, {
      cause,
    });
  }
}

async function makeIdentity(path: string): Promise<PeerId> {
  const id = peerId(randomBytes(20).toString('hex'));
  await writeFile(`${path}.new`, `${JSON.stringify({ peerId: id })}\n`, { flush: true });
  await rename(`${path}.new`, path);
  return id;
}
