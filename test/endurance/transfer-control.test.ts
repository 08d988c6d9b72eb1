import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { ProcessSwarm, waitUntil } from '@pageswarm/testing';
import { clientOf, lift, logOf, MIB, pdfOf, reach, send, slowSwarm } from '../e2e/slow-swarm.ts';

const TIMEOUT_MS = 90_000;
const run = promisify(execFile);

describe('rate limits', () => {
  it(
    'share what they leave equally between two readers, of whom one asks for three documents',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const { host, reader, added } = await slowSwarm(
          swarm,
          [1, 2, 3, 4].map((seed) => pdfOf(8 * MIB, seed)),
          { PAGESWARM_MAX_ACTIVE_DOWNLOADS: '3' },
        );
        await send(host, 'PATCH', 'node/limits', { upload: { node: 2 * MIB } });
        const modest = await swarm.startPeer('modest');
        const greedy = await Promise.all(added.slice(0, 3).map(({ id }) => clientOf(reader).startDownload({ id })));
        const one = await clientOf(modest).startDownload({ id: (added[3] as Document).id });
        const half = await reach(modest, one.id, ({ bytes }) => bytes > 3 * MIB, '3 MiB of the modest reader');
        const others = await Promise.all(greedy.map(({ id }) => clientOf(reader).download(id)));
        const taken = others.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(taken / half.bytes).toBeLessThan(2);
        expect(taken / half.bytes).toBeGreaterThan(0.5);
      }),
    TIMEOUT_MS,
  );
});

describe('a data folder that goes away', () => {
  it(
    'pauses a download with its cause, which goes on by itself once the folder is back',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const { host, reader, added } = await slowSwarm(swarm, [pdfOf(6 * MIB, 7)]);
        const { id } = await clientOf(reader).startDownload({ id: (added[0] as Document).id });
        await reach(reader, id, ({ pieces }) => pieces.have > 3, 'some pieces');
        const folder = join(reader.dataDir, 'incoming');
        await rename(folder, `${folder}.away`);
        await lift(host);
        const paused = await reach(reader, id, ({ state }) => state === 'paused' || state === 'failed', 'the download to stop');
        expect([paused.state, paused.error?.code]).toEqual(['paused', 'STORE_FAILED']);
        // An empty folder takes what is tried, and still not this download.
        await mkdir(folder);
        await waitUntil('the first try', 10_000, async () =>
          (await readFile(logOf(swarm, reader), 'utf8')).includes('the disk takes writes again'),
        );
        await reach(reader, id, ({ state }) => state === 'paused', 'the download to wait again');
        await rm(folder, { recursive: true });
        await rename(`${folder}.away`, folder);
        const done = await reach(reader, id, ({ state }) => state === 'done', 'the download to go on and end');
        expect([done.md5.actual, done.error]).toEqual([done.md5.expected, null]);
      }),
    TIMEOUT_MS,
  );
});

const canMount = process.getuid?.() === 0 && process.platform === 'linux';
(canMount ? describe : describe.skip)(`a disk in the way${canMount ? '' : ' (needs root to mount a small tmpfs)'}`, () => {
  it(
    'pauses a download with its cause, which goes on by itself once there is space',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const dataDir = join(swarm.folder, 'small-disk');
        await mkdir(dataDir);
        await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', dataDir]);
        try {
          const [host, reader] = await Promise.all([swarm.startPeer('host'), swarm.startPeer('reader', { dataDir })]);
          const document = await clientOf(host).add('Noise.pdf', pdfOf(20 * MIB, 5));
          const { id } = await clientOf(reader).startDownload({ id: document.id });
          const paused = await clientOf(reader).followDownload(id, 30_000);
          expect([paused.state, paused.error?.code]).toEqual(['paused', 'STORE_FULL']);
          await run('mount', ['-o', 'remount,size=64m', dataDir]);
          const done = await reach(reader, id, ({ state }) => state === 'done', 'the download to go on and end');
          expect(done.md5.actual).toBe(done.md5.expected);
          await reader.stop();
        } finally {
          await run('umount', ['-l', dataDir]);
        }
      }),
    TIMEOUT_MS,
  );
});
