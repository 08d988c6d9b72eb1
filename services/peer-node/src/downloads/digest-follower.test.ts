import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { obstacleToNiceness, threadsChangedBy } from '@pageswarm/testing';
import { DigestFollower } from './digest-follower.ts';

/** What the thread asks for; a program that was started with less than that has no priority left to give up. */
const NICENESS = 10;
const obstacle = obstacleToNiceness(NICENESS);

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
      let follower: DigestFollower | undefined;
      try {
        // Only the follower gives way, not the event loop and the threads that read, write and compile.
        expect(await threadsChangedBy(() => (follower = new DigestFollower(path, 'sha256')), NICENESS)).toEqual([]);
      } finally {
        follower?.close();
      }
    },
    20_000,
  );
});
