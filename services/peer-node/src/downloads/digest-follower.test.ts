import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@pageswarm/testing';
import { DigestFollower } from './digest-follower.ts';

/** What the thread asks for; a program that was started with less than that has no priority left to give up. */
const NICENESS = 10;
const obstacle =
  process.platform !== 'linux'
    ? 'only on Linux does a priority belong to a thread'
    : getPriority() >= NICENESS
      ? 'this process has a priority as low'
      : undefined;

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

describe('a digest of a file that grows', () => {
  const bytes = Buffer.alloc(3_000_000, 'PageSwarm follows itself');
  let folder: string;
  let path: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pageswarm-follower-'));
    path = join(folder, 'a.pdf');
    await writeFile(path, bytes);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is that of its first bytes, however far it had come', async () => {
    const follower = new DigestFollower(path, 'sha256');
    follower.upTo(1_000_001);
    follower.upTo(-1);
    follower.upTo(1_000_000);
    expect(await follower.finish(2_500_000)).toBe(createHash('sha256').update(bytes.subarray(0, 2_500_000)).digest('hex'));
  });

  (obstacle ? it.skip : it)(
    `is computed with a lower priority than all that was there before${obstacle ? ` (skipped: ${obstacle})` : ''}`,
    async () => {
      const before = nicenessOfThreads();
      const follower = new DigestFollower(path, 'sha256');
      try {
        await waitUntil('a new thread of lower priority', 10_000, () =>
          [...nicenessOfThreads()].some(([thread, niceness]) => !before.has(thread) && niceness === NICENESS),
        );
        // Only the follower gives way, not the event loop and the threads that read, write and compile.
        const after = nicenessOfThreads();
        for (const [thread, niceness] of before) expect([thread, after.get(thread) ?? niceness]).toEqual([thread, niceness]);
      } finally {
        follower.close();
      }
    },
    20_000,
  );
});
