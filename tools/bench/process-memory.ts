import { readdir, readFile } from 'node:fs/promises';

const KIB = 1_024;
/** How often the memory of a process is looked at, in milliseconds. */
const LOOK_INTERVAL_MS = 50;

/** What a process holds now. */
export interface Holding {
  /** Bytes of memory that it has for itself or shares (RSS). */
  readonly memory: number;
  /** Open files, sockets and pipes. */
  readonly descriptors: number;
}

/** @throws Error where there is no /proc, or the process is gone */
export async function holdingOf(pid: number): Promise<Holding> {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kib === undefined) throw new Error(`Process ${pid} is gone`);
  return { memory: Number(kib) * KIB, descriptors: (await readdir(`/proc/${pid}/fd`)).length };
}

/** Runs something and looks at a process meanwhile. @returns the most that it held at once of each */
export async function mostHeld(pid: number, work: () => Promise<void>): Promise<Holding> {
  let most = await holdingOf(pid);
  const look = async (): Promise<void> => {
    const { memory, descriptors } = await holdingOf(pid);
    most = { memory: Math.max(most.memory, memory), descriptors: Math.max(most.descriptors, descriptors) };
  };
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking.then(look).catch(() => undefined);
  }, LOOK_INTERVAL_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
    await looking;
  }
  await look();
  return most;
}
