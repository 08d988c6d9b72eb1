import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Document, Download } from '@pageswarm/contracts';
import { noisePdf, ProcessSwarm, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

const MIB = 1_048_576;
const TIMEOUT_MS = 90_000;
const run = promisify(execFile);
const pdfOf = (bytes: number, seed: number) => noisePdf({ pages: 8, pageBytes: bytes / 8, seed });
const clientOf = (peer: ServiceProcess) => new PeerClient(peer.base);

/** A host that sends slowly, its documents, and a reader that runs one download at a time. */
async function slowSwarm(
  swarm: ProcessSwarm,
  documents: readonly Uint8Array[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ host: ServiceProcess; reader: ServiceProcess; added: Document[] }> {
  await swarm.startTracker();
  const [host, reader] = await Promise.all([
    swarm.startPeer('host', { env: { PAGESWARM_UPLOAD_LIMIT_BYTES: String(MIB) } }),
    swarm.startPeer('reader', { env: { PAGESWARM_MAX_ACTIVE_DOWNLOADS: '1', ...env } }),
  ]);
  const added: Document[] = [];
  for (const [index, bytes] of documents.entries()) added.push(await clientOf(host).add(`Noise ${index}.pdf`, bytes));
  return { host, reader, added };
}

async function send(peer: ServiceProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${peer.base}/api/v1/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: a download, limits or a problem
  return { status: response.status, json: (text ? JSON.parse(text) : undefined) as any };
}

const reach = (peer: ServiceProcess, id: string, is: (download: Download) => boolean, what: string) =>
  waitUntil(what, 30_000, async () => {
    const download = await clientOf(peer).download(id);
    return is(download) && download;
  });

const logOf = (swarm: ProcessSwarm, { name }: ServiceProcess) => join(swarm.folder, `${name}.log`);

const lift = (host: ServiceProcess) => send(host, 'PATCH', 'node/limits', { upload: { node: null } });

describe('rate limits', () => {
  it(
    'hold back a transfer, are changed while it runs, and are shown',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const { host, reader, added } = await slowSwarm(swarm, [pdfOf(24 * MIB, 1)], {
          PAGESWARM_DOWNLOAD_LIMIT_BYTES_PER_PEER: '8000000',
        });
        expect((await send(reader, 'GET', 'node/limits')).json).toEqual({
          upload: { node: null, document: null, peer: null },
          download: { node: null, document: null, peer: 8_000_000 },
        });
        const started = performance.now();
        const { id } = await clientOf(reader).startDownload({ id: (added[0] as Document).id });
        const slow = await reach(reader, id, ({ bytes }) => bytes > 2 * MIB, '2 MiB');
        const rate = slow.bytes / ((performance.now() - started) / 1_000);
        expect(rate).toBeLessThan(1.5 * MIB);
        expect((await lift(host)).json.upload.node).toBeNull();
        const lifted = performance.now();
        const done = await clientOf(reader).followDownload(id, 30_000);
        expect(done.state).toBe('done');
        // 22 MiB are left: 22 s at the first limit, about 3 s at that of the reader.
        const seconds = (performance.now() - lifted) / 1_000;
        expect(seconds).toBeLessThan(15);
        expect(seconds).toBeGreaterThan(1.5);
        expect((await send(host, 'PATCH', 'node/limits', { upload: { peer: 5 } })).json.code).toBe('INVALID_REQUEST');
        const metrics = await (await fetch(`${host.base}/metrics`)).text();
        expect(Number(/pageswarm_peer_throttled_turns_total\{[^}]*direction="upload"[^}]*\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(0);
      }),
    TIMEOUT_MS,
  );

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

describe('the queue of downloads', () => {
  it(
    'lets its owner change place and priority of what waits, and keeps both over a restart',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const { host, reader, added } = await slowSwarm(
          swarm,
          [1, 2, 3, 4].map((seed) => pdfOf(4 * MIB, seed)),
        );
        const ids: string[] = [];
        for (const { id } of added) ids.push((await clientOf(reader).startDownload({ id })).id);
        const [first, second, third, fourth] = ids as [string, string, string, string];
        await reach(reader, first, ({ state }) => state === 'downloading', 'the first download');
        expect((await send(reader, 'PATCH', `downloads/${fourth}`, { position: 2 })).json).toMatchObject({ position: 2, state: 'queued' });
        expect((await send(reader, 'PATCH', `downloads/${third}`, { priority: 5 })).json).toMatchObject({ position: 4, priority: 5 });
        expect((await send(reader, 'PATCH', `downloads/${third}`, { priority: 5_000 })).json.code).toBe('INVALID_REQUEST');
        expect((await send(reader, 'PATCH', 'downloads/0000000000000000', { priority: 1 })).status).toBe(404);
        await reader.kill('SIGKILL');
        await reader.start();
        const { json } = await send(reader, 'GET', 'downloads');
        expect(json.items.map((download: Download) => [download.id, download.position, download.priority])).toEqual([
          [first, 1, 0],
          [fourth, 2, 0],
          [second, 3, 0],
          [third, 4, 5],
        ]);
        // After the restart the highest priority has begun; the others follow by their place.
        const finished: string[] = [];
        await lift(host);
        await waitUntil('all downloads', 40_000, async () => {
          for (const download of (await send(reader, 'GET', 'downloads')).json.items as Download[])
            if (download.state === 'done' && !finished.includes(download.id)) finished.push(download.id);
          return finished.length === 4;
        });
        expect(finished.indexOf(third)).toBe(0);
        expect(finished.indexOf(fourth)).toBeLessThan(finished.indexOf(second));
      }),
    TIMEOUT_MS,
  );

  it(
    'pauses, resumes and cancels in every state',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const { host, reader, added } = await slowSwarm(
          swarm,
          [1, 2].map((seed) => pdfOf(6 * MIB, seed)),
        );
        const [large, other] = added as [Document, Document];
        const { id } = await clientOf(reader).startDownload({ id: large.id });
        const waiting = await clientOf(reader).startDownload({ id: other.id });
        const act = (download: string, what: string) => send(reader, 'POST', `downloads/${download}/${what}`);
        // Queued.
        expect((await act(waiting.id, 'pause')).json).toMatchObject({ state: 'paused' });
        expect((await act(waiting.id, 'pause')).json).toMatchObject({ state: 'paused' });
        expect((await act(waiting.id, 'resume')).json).toMatchObject({ state: 'queued' });
        expect((await send(reader, 'DELETE', `downloads/${waiting.id}`)).status).toBe(204);
        // Running.
        await reach(reader, id, ({ pieces }) => pieces.have > 3, 'some pieces');
        expect((await act(id, 'resume')).json.code).toBe('WRONG_STATE');
        const paused = (await act(id, 'pause')).json as Download;
        expect(paused).toMatchObject({ state: 'paused', error: null });
        // Cancelled, with its pieces kept: another order goes on with them.
        expect((await send(reader, 'DELETE', `downloads/${id}?keep=true`)).status).toBe(204);
        const kept = await clientOf(reader).document(large.id);
        expect(kept.id).toBe(large.id);
        const again = await clientOf(reader).startDownload({ id: large.id });
        const going = await reach(reader, again.id, ({ state }) => state === 'downloading', 'the second order');
        expect(going.pieces.have).toBeGreaterThanOrEqual(paused.pieces.have);
        // Cancelled without: nothing stays.
        expect((await send(reader, 'DELETE', `downloads/${again.id}`)).status).toBe(204);
        expect((await send(reader, 'GET', `documents/${large.id}`)).status).toBe(404);
        expect((await send(reader, 'GET', `downloads/${again.id}`)).json.code).toBe('DOWNLOAD_NOT_FOUND');
        expect((await send(reader, 'DELETE', `downloads/${again.id}?keep=perhaps`)).json.code).not.toBeUndefined();
        // Done: what is here stays here, whatever happens to its order.
        await lift(host);
        const last = await clientOf(reader).startDownload({ id: large.id });
        expect((await clientOf(reader).followDownload(last.id, 30_000)).state).toBe('done');
        expect((await act(last.id, 'pause')).json.code).toBe('WRONG_STATE');
        expect((await act(last.id, 'resume')).json.code).toBe('WRONG_STATE');
        expect((await send(reader, 'DELETE', `downloads/${last.id}`)).status).toBe(204);
        expect((await clientOf(reader).document(large.id)).size).toBe(large.size);
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
