import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { waitUntil } from './wait-until.ts';

/** How long a thread may take to start, in milliseconds. */
const START_LIMIT_MS = 10_000;

/** Why no thread of this process can have the niceness that it asks for; undefined where it can. */
export function obstacleToNiceness(niceness: number): string | undefined {
  if (process.platform !== 'linux') return 'only on Linux does a priority belong to a thread';
  return getPriority() >= niceness ? 'this process has a priority as low' : undefined;
}

/**
 * Starts something, and waits for a new thread of that niceness.
 * @returns threads of before whose niceness is another now: only who asks for it should give way
 */
export async function threadsChangedBy(start: () => void, niceness: number): Promise<string[]> {
  const before = nicenessOfThreads();
  start();
  await waitUntil('a new thread of lower priority', START_LIMIT_MS, () =>
    [...nicenessOfThreads()].some(([thread, its]) => !before.has(thread) && its === niceness),
  );
  const after = nicenessOfThreads();
  return [...before].filter(([thread, its]) => (after.get(thread) ?? its) !== its).map(([thread]) => thread);
}

/** The niceness of each thread of this process (proc(5): field 19, the 17th after the name, which may hold anything). */
function nicenessOfThreads(): Map<string, number> {
  const found = new Map<string, number>();
  for (const thread of readdirSync('/proc/self/task')) {
    try {
      const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8');
      found.set(thread, Number(stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[16]));
    } catch {
      // A thread that ended between the two looks has no priority.
    }
  }
  return found;
}
