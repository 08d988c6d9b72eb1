import { execFile } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { noisePdf, ProcessSwarm, waitUntil } from '@pageswarm/testing';
import { TrackerClient } from '../../tools/local-swarm/tracker.client.ts';
import { addOn, clientOf, expectWhole, nodeOf, pdfOf, reach, resume, seed } from '../e2e/noise-transfer.ts';

const MIB = 1_048_576;
const TIMEOUT_MS = 90_000;
const run = promisify(execFile);
const canMount = process.getuid?.() === 0 && process.platform === 'linux';

describe('a download ends with the right bytes', () => {
  it(
    'although the downloading node itself is killed and started again: it loses no piece and asks for none twice',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const [host, reader] = await Promise.all([swarm.startPeer('host', { uplink: 15 * MIB }), swarm.startPeer('reader')]);
        const bytes = pdfOf(40 * MIB);
        const document = await addOn([host], bytes);
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        const before = await reach(reader, id, 0.4);
        await reader.kill('SIGKILL');
        await reader.start();
        const after = await clientOf(reader).download(id);
        expect(after.pieces.have).toBeGreaterThanOrEqual(before.pieces.have);
        expect(after.pieces.have).toBeLessThan(after.pieces.total);
        const done = await clientOf(reader).followDownload(id, 60_000);
        await expectWhole(reader, done, bytes);
        const missing = bytes.length - before.pieces.have * document.pieceLength;
        expect(done.bytesReceived).toBeLessThanOrEqual(missing + MIB);
        expect((await clientOf(reader).documents()).items).toHaveLength(1);
      }),
    TIMEOUT_MS,
  );

  it(
    'although all hosts die: it fails with the reason, keeps its pieces, and goes on when a host is back',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker({ PAGESWARM_LEASE_MS: '3000' });
        const [host, reader] = await Promise.all([
          swarm.startPeer('host', { uplink: 10 * MIB }),
          swarm.startPeer('reader', { env: { PAGESWARM_HOST_SEARCH_MS: '1500' } }),
        ]);
        const bytes = pdfOf(20 * MIB);
        const document = await addOn([host], bytes);
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        const before = await reach(reader, id, 0.3);
        await host.kill('SIGKILL');
        const failed = await clientOf(reader).followDownload(id, 30_000);
        expect([failed.state, failed.error?.code]).toEqual(['failed', 'NO_HOSTS']);
        expect(failed.error?.detail).toMatch(/\S/);
        expect(failed.pieces.have).toBeGreaterThanOrEqual(before.pieces.have);
        await host.start();
        await waitUntil('the host at the tracker', 20_000, async () => (await nodeOf(host)).trackers[0]?.reachable === true);
        expect((await resume(reader, id)).status).toBe(200);
        const done = await clientOf(reader).followDownload(id, 30_000);
        await expectWhole(reader, done, bytes);
        expect(done.bytesReceived).toBeLessThan(1.2 * bytes.length);
        expect((await resume(reader, id)).status).toBe(409);
      }),
    TIMEOUT_MS,
  );
});

describe('a tracker', () => {
  it(
    'that dies stops no transfer, and knows everything again soon after it is back',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const tracker = await swarm.startTracker();
        const [host, other, reader] = await Promise.all([
          swarm.startPeer('host', { uplink: 6 * MIB }),
          swarm.startPeer('other'),
          swarm.startPeer('reader'),
        ]);
        const bytes = pdfOf(40 * MIB);
        const document = await addOn([host], bytes);
        await clientOf(other).add('Kept elsewhere.pdf', noisePdf({ pages: 2, pageBytes: 50_000, seed: seed + 1 }));
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        await reach(reader, id, 0.1);
        await tracker.kill('SIGKILL');
        const without = await clientOf(reader).download(id);
        const later = await reach(reader, id, without.pieces.have / without.pieces.total + 0.2);
        expect(later.state).toBe('downloading');
        await waitUntil('a word on the lost tracker', 5_000, async () =>
          (await nodeOf(other)).trackers[0]?.detail.startsWith('no tracker'),
        );
        await tracker.start();
        const started = performance.now();
        const client = new TrackerClient(tracker.base);
        await waitUntil('both documents at the tracker', 20_000, async () => (await client.documents()).items.length === 2);
        await waitUntil('the partial host at the tracker', 20_000, async () => (await client.document(document.id)).hosts.length === 2);
        const backMs = performance.now() - started;
        process.stdout.write(`faults: everything was announced again ${Math.round(backMs)} ms after the tracker was back\n`);
        expect(backMs).toBeLessThan(5_000);
        expect((await clientOf(other).searchByName('kept')).items).toHaveLength(1);
        await expectWhole(reader, await clientOf(reader).followDownload(id, 60_000), bytes);
      }),
    TIMEOUT_MS,
  );
});

describe('a node', () => {
  (canMount ? it : it.skip)(
    `pauses a download when its disk is full, and goes on after space was made${canMount ? '' : ' (needs root to mount a small tmpfs)'}`,
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const dataDir = join(swarm.folder, 'small-disk');
        await mkdir(dataDir);
        await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dataDir]);
        try {
          const [host, reader] = await Promise.all([swarm.startPeer('host'), swarm.startPeer('reader', { dataDir })]);
          const bytes = pdfOf(20 * MIB);
          const document = await addOn([host], bytes);
          await expect(
            clientOf(reader).add('Too big.pdf', noisePdf({ pages: 1, pageBytes: 12 * MIB, seed: seed + 1 })),
          ).rejects.toMatchObject({
            status: 507,
            code: 'STORE_FULL',
          });
          const { id } = await clientOf(reader).startDownload({ id: document.id });
          const paused = await clientOf(reader).followDownload(id, 30_000);
          expect([paused.state, paused.error?.code]).toEqual(['paused', 'STORE_FULL']);
          expect(paused.pieces.have).toBeGreaterThan(0);
          await run('mount', ['-o', 'remount,size=64m', dataDir]);
          expect((await resume(reader, id)).status).toBe(200);
          const done = await clientOf(reader).followDownload(id, 30_000);
          await expectWhole(reader, done, bytes);
          expect((await stat(dataDir)).isDirectory()).toBe(true);
          await reader.stop();
        } finally {
          await run('umount', ['-l', dataDir]);
        }
      }),
    TIMEOUT_MS,
  );
});
