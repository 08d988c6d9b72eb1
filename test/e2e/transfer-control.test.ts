import { describe, expect, it } from '@jest/globals';
import type { Document, Download } from '@pageswarm/contracts';
import { ProcessSwarm, waitUntil } from '@pageswarm/testing';
import { clientOf, lift, MIB, pdfOf, reach, send, slowSwarm } from './slow-swarm.ts';

const TIMEOUT_MS = 90_000;

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
