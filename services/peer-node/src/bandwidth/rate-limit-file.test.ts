import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { TemporaryFolders } from '@pageswarm/testing';
import { Registry } from 'prom-client';
import { systemClock } from '../clock.ts';
import { NodeBandwidth } from './node-bandwidth.ts';
import { RateLimitFile } from './rate-limit-file.ts';
import { UNLIMITED } from './rate-limits.ts';

const folders = new TemporaryFolders();
const CONFIGURED = { upload: { ...UNLIMITED, node: 500_000 }, download: UNLIMITED };

async function start(folder: string, configured = CONFIGURED): Promise<NodeBandwidth> {
  return NodeBandwidth.open({ clock: systemClock, configured, file: new RateLimitFile(folder), registry: new Registry() });
}

afterAll(() => folders.remove());

describe('rate limits that were changed while a node ran', () => {
  it('hold after a restart, each of node, document and peer, in both directions', async () => {
    const folder = await folders.make('limits');
    const bandwidth = await start(folder);
    await bandwidth.change({ upload: { document: 100_000, peer: 50_000 } });
    await bandwidth.change({ upload: { node: null }, download: { node: 200_000 } });
    const changed = {
      upload: { node: null, document: 100_000, peer: 50_000 },
      download: { node: 200_000, document: null, peer: null },
    };
    expect(bandwidth.limits).toEqual(changed);
    expect((await start(folder)).limits).toEqual(changed);
  });

  it('leave those that were never changed to the environment', async () => {
    const folder = await folders.make('limits');
    await (await start(folder)).change({ download: { peer: 70_000 } });
    const again = await start(folder, { ...CONFIGURED, upload: { ...UNLIMITED, node: 600_000 } });
    expect(again.limits).toEqual({ upload: { ...UNLIMITED, node: 600_000 }, download: { ...UNLIMITED, peer: 70_000 } });
  });

  it('are given up for those of the environment, also for the next start', async () => {
    const folder = await folders.make('limits');
    const bandwidth = await start(folder);
    await bandwidth.change({ upload: { node: 20_000 } });
    await bandwidth.reset();
    expect(bandwidth.limits).toEqual(CONFIGURED);
    expect((await start(folder)).limits).toEqual(CONFIGURED);
  });

  it('do not change when they cannot be kept', async () => {
    const folder = await folders.make('limits');
    const bandwidth = await start(folder);
    await rm(folder, { recursive: true });
    await expect(bandwidth.change({ upload: { node: 20_000 } })).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(bandwidth.limits).toEqual(CONFIGURED);
  });

  it('all count when they are sent at once', async () => {
    const folder = await folders.make('limits');
    const bandwidth = await start(folder);
    await Promise.all([bandwidth.change({ upload: { node: 20_000 } }), bandwidth.change({ upload: { peer: 30_000 } })]);
    expect(JSON.parse(await readFile(join(folder, 'limits.json'), 'utf8'))).toEqual({
      upload: { node: 20_000, peer: 30_000 },
      download: {},
    });
  });

  it('that cannot be read stop the start, and the file is named', async () => {
    const folder = await folders.make('limits');
    await writeFile(join(folder, 'limits.json'), '{"upload":{"node":5}}');
    await expect(start(folder)).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION', detail: expect.stringContaining('limits.json') });
  });
});
