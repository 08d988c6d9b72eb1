import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Download } from '@pageswarm/contracts';
import { noisePdf, ProcessSwarm, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

const MIB = 1_048_576;
const clientOf = (peer: ServiceProcess) => new PeerClient(peer.base);
const read = async (peer: ServiceProcess, path: string) => (await fetch(`${peer.base}/${path}`)).text();

/** Changes one bit at each of these places of the only document of a peer, as a bad disk does: the file was last written when it was. */
async function rot(peer: ServiceProcess, places: readonly number[]): Promise<void> {
  const folder = join(peer.dataDir, 'documents');
  const [name] = (await readdir(folder)) as [string];
  const file = await open(join(folder, name), 'r+');
  const { atimeMs, mtimeMs } = await file.stat();
  const byte = new Uint8Array(1);
  for (const place of places) {
    await file.read(byte, 0, 1, place);
    byte[0] = (byte[0] as number) ^ 4;
    await file.write(byte, 0, 1, place);
  }
  // Half a millisecond later, for a time in seconds is cut off, and might end up in the millisecond before.
  await file.utimes(atimeMs / 1_000, (Math.floor(mtimeMs) + 0.5) / 1_000);
  await file.close();
}

describe('a document whose bits change on the disk', () => {
  it(
    'is found out, served without them, and healed from the swarm',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const env = { PAGESWARM_SCRUB_BYTES_PER_SECOND: String(200 * MIB), PAGESWARM_HOST_SEARCH_MS: '1000' };
        const healthy = await swarm.startPeer('healthy');
        const sick = await swarm.startPeer('sick', { env });
        const bytes = noisePdf({ pages: 10, pageBytes: MIB, seed: 11 });
        const { id } = await clientOf(healthy).add('Noise.pdf', bytes);
        const { id: order } = await clientOf(sick).startDownload({ id });
        expect((await clientOf(sick).followDownload(order, 30_000)).state).toBe('done');
        await sick.stop();
        await healthy.stop();
        await rot(sick, [5 * MIB, 5 * MIB + 1, 9 * MIB]);

        // Alone it can only say so: two pieces are not here any more, and its repair has no host.
        await sick.start();
        const failed = await waitUntil('a repair without hosts', 20_000, async () => {
          const { items } = JSON.parse(await read(sick, 'api/v1/downloads')) as { items: Download[] };
          return items[0]?.state === 'failed' && items[0];
        });
        expect(failed).toMatchObject({ documentId: id, error: { code: 'NO_HOSTS' } });
        expect(failed.pieces.total - failed.pieces.have).toBe(2);
        expect(JSON.parse(await read(sick, 'api/v1/node')).scrubbing).toMatchObject({ rottenPieces: 2 });
        expect(await read(sick, 'metrics')).toMatch(/pageswarm_peer_rotten_pieces_total\{[^}]*\} 2$/m);

        // After a restart, as at every later pass, it is tried again.
        await healthy.start();
        await sick.stop();
        await sick.start();
        await waitUntil('the document to be whole', 20_000, async () => {
          const { items } = JSON.parse(await read(sick, 'api/v1/downloads')) as { items: Download[] };
          return items[0]?.state === 'done' && items[0];
        });
        await healthy.stop();
        expect((await clientOf(sick).contentHashes(id)).md5).toBe(createHash('md5').update(bytes).digest('hex'));
        await sick.stop();
        await sick.start();
        expect((await clientOf(sick).contentHashes(id)).md5).toBe(createHash('md5').update(bytes).digest('hex'));
      }),
    90_000,
  );
});
