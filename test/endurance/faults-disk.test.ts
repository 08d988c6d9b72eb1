import { execFile } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { mkdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { randomInteger, SeededRandom } from '@pageswarm/primitives';
import { noisePdf, ProcessSwarm } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

const MIB = 1_048_576;
const DOCUMENT_BYTES = 6 * MIB;
const ROUNDS = 12;
const run = promisify(execFile);
/** PAGESWARM_TEST_SEED=<n> fills the disk at the same bytes again. */
const seed = Number(process.env.PAGESWARM_TEST_SEED ?? randomInt(1_000_000));
const canMount = process.getuid?.() === 0 && process.platform === 'linux';

(canMount ? it : it.skip)(
  `a disk that is full at ${ROUNDS} random bytes: a stated cause, and the right bytes once there is room${canMount ? '' : ' (needs root to mount a small tmpfs)'}`,
  () =>
    ProcessSwarm.run(async (swarm) => {
      process.stdout.write(`faults-disk: seed ${seed}\n`);
      const random = new SeededRandom(seed);
      await swarm.startTracker();
      const dataDir = join(swarm.folder, 'small-disk');
      await mkdir(dataDir);
      await run('mount', ['-t', 'tmpfs', '-o', `size=${64 * MIB}`, 'tmpfs', dataDir]);
      try {
        const [host, reader] = await Promise.all([swarm.startPeer('host'), swarm.startPeer('reader', { dataDir })]);
        const bytes = noisePdf({ pages: 24, pageBytes: DOCUMENT_BYTES / 24, seed });
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const document = await new PeerClient(host.base).add('Noise.pdf', bytes);
        const client = new PeerClient(reader.base);
        const causes = new Map<string, number>();
        for (let round = 1; round <= ROUNDS; round++) {
          const room = randomInteger(random, 0, DOCUMENT_BYTES);
          await resize(dataDir, (await used(dataDir)) + room);
          const halted = await client.followDownload((await client.startDownload({ id: document.id })).id, 30_000);
          const cause = `${halted.state}, ${halted.error?.code}`;
          causes.set(cause, (causes.get(cause) ?? 0) + 1);
          expect([room, cause]).toEqual([room, 'paused, STORE_FULL']);
          expect(halted.pieces.have).toBeLessThan(halted.pieces.total);
          await resize(dataDir, 64 * MIB);
          await fetch(`${reader.base}/api/v1/downloads/${halted.id}/resume`, { method: 'POST' });
          const done = await client.followDownload(halted.id, 30_000);
          expect([room, done.state, done.error]).toEqual([room, 'done', null]);
          expect([room, (await client.contentHashes(document.id)).sha256]).toEqual([room, sha256]);
          await client.remove(document.id);
        }
        process.stdout.write(`faults-disk: ${[...causes].map(([cause, times]) => `${times} x ${cause}`).join('; ')}\n`);
        await reader.stop();
      } finally {
        await run('umount', ['-l', dataDir]);
      }
    }),
  180_000,
);

async function used(folder: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(folder);
  return (blocks - bfree) * bsize;
}

async function resize(folder: string, bytes: number): Promise<void> {
  await run('mount', ['-o', `remount,size=${Math.ceil(bytes / 4_096) * 4_096}`, folder]);
}
