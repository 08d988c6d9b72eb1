import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceProcess } from './service-process.ts';

/** The file that tells scripts where a local swarm runs; it is there exactly while the swarm is up. */
const FILE_NAME = 'swarm.json';

export interface SwarmFile {
  readonly processes: readonly SwarmFileEntry[];
}

export interface SwarmFileEntry {
  readonly name: string;
  readonly role: string;
  readonly pid: number;
  /** Base URL of the HTTP face. */
  readonly http: string;
  /** `host:port` of the swarm transport. */
  readonly transport: string;
}

/** Another launcher runs a swarm in the same folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

export async function writeSwarmFile(dataDir: string, processes: readonly ServiceProcess[]): Promise<void> {
  const content: SwarmFile = {
    processes: processes.map(({ planned, pid, http, transport }) => ({ name: planned.name, role: planned.role, pid, http, transport })),
  };
  const path = join(dataDir, FILE_NAME);
  // Whoever reads it sees all of it or nothing.
  await writeFile(`${path}.tmp`, `${JSON.stringify(content, null, 2)}\n`);
  await rename(`${path}.tmp`, path);
}

export async function removeSwarmFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, FILE_NAME), { force: true });
}

/**
 * Makes the folder, and removes what a killed launcher left there.
 * @throws FolderInUseError if the swarm that the folder tells of answers
 */
export async function demandUnusedFolder(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  for (const { name, http } of await readEntries(dataDir))
    if (await answers(http)) throw new FolderInUseError(`${dataDir} belongs to a swarm that runs: its ${name} answers at ${http}`);
  await removeSwarmFile(dataDir);
}

async function readEntries(dataDir: string): Promise<readonly SwarmFileEntry[]> {
  try {
    return (JSON.parse(await readFile(join(dataDir, FILE_NAME), 'utf8')) as SwarmFile).processes;
  } catch {
    return [];
  }
}

async function answers(http: string): Promise<boolean> {
  return fetch(`${http}/healthz`, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
