import { cp, mkdir, open, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { noisePdf, TemporaryFolders, waitUntil } from '@pageswarm/testing';
import { RunningPeer } from './running-peer.ts';

const folders = new TemporaryFolders();
const running: RunningPeer[] = [];
const pdf = (seed: number) => noisePdf({ pages: 2, pageBytes: 20_000, seed });

async function start(dataDir: string): Promise<RunningPeer> {
  const peer = await RunningPeer.start(dataDir);
  running.push(peer);
  return peer;
}

async function stop(peer: RunningPeer): Promise<void> {
  running.splice(running.indexOf(peer), 1);
  await peer.stop();
}

afterEach(async () => {
  for (const peer of running.splice(0)) await peer.stop();
  await folders.remove();
});

describe('a peer that is started again', () => {
  it('is the same node with the same documents, names and bytes', async () => {
    const dataDir = await folders.make('restart');
    const peer = await start(dataDir);
    const { peerId } = (await peer.get('node')).json;
    await peer.add('one.pdf', pdf(1));
    await peer.upload('also one.pdf', pdf(1));
    await peer.add('..', pdf(2));
    await peer.add('same.pdf', pdf(3));
    await peer.add('same.pdf', pdf(4));
    const before = await peer.documents();
    await stop(peer);

    const again = await start(dataDir);
    expect((await again.get('node')).json.peerId).toBe(peerId);
    const order = (list: typeof before) => list.map(({ hosts: _, ...rest }) => rest).sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(order(await again.documents())).toEqual(order(before));
    for (const { id, size, md5 } of before) {
      const { bytes } = await again.get(`documents/${id}/content`);
      expect([bytes.length, [1, 2, 3, 4].some((seed) => pdf(seed).equals(bytes))]).toEqual([size, true]);
      expect((await again.get(`documents/${md5}`)).json.id).toBe(id);
    }
    expect((await again.upload('one.pdf', pdf(1))).status).toBe(409);
  });

  it('shares what is whole although a record beside it is damaged, and says so', async () => {
    const dataDir = await folders.make('damaged');
    const peer = await start(dataDir);
    const [kept, damaged] = [await peer.add('kept.pdf', pdf(5)), await peer.add('damaged.pdf', pdf(6))];
    await stop(peer);
    await writeFile(join(dataDir, 'records', `${damaged.id}.json`), '{"version":1,');
    const again = await start(dataDir);
    expect((await again.documents()).map(({ id }) => id)).toEqual([kept.id]);
    // Adding the file again mends it.
    expect((await again.add('damaged.pdf', pdf(6))).id).toBe(damaged.id);
  });

  it('clears away what an earlier process had half received', async () => {
    const dataDir = await folders.make('half');
    await stop(await start(dataDir));
    await writeFile(join(dataDir, 'incoming', 'upload-half'), 'half');
    await start(dataDir);
    expect(await readdir(join(dataDir, 'incoming'))).toEqual([]);
  });

  it.each([
    ['cut off', (path: string) => truncate(path, 1_000)],
    ['gone', (path: string) => rm(path)],
  ])('does not share a document whose file is %s, and is mended by adding it again', async (_, harm) => {
    const dataDir = await folders.make('harmed');
    const peer = await start(dataDir);
    const document = await peer.add('harmed.pdf', pdf(7));
    await stop(peer);
    const [file] = (await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith('harmed.pdf'));
    await harm(join(dataDir, file as string));
    const again = await start(dataDir);
    expect(await again.documents()).toEqual([]);
    expect((await again.get(`documents/${document.id}/content`)).status).toBe(404);
    await again.add('harmed.pdf', pdf(7));
    expect((await again.get(`documents/${document.id}/content`)).bytes.equals(pdf(7))).toBe(true);
  });
});

describe('a finished file that was touched while no peer ran', () => {
  const placed = (dataDir: string, name: string) => join(dataDir, 'documents', name);
  const recordOf = async (dataDir: string, id: string) => JSON.parse(await readFile(join(dataDir, 'records', `${id}.json`), 'utf8'));

  it('is hashed again: what was changed without a change of size is not served, and everything else is', async () => {
    const dataDir = await folders.make('touched');
    const peer = await start(dataDir);
    const document = await peer.add('touched.pdf', pdf(20));
    await stop(peer);
    const file = await open(placed(dataDir, 'touched.pdf'), 'r+');
    await file.write(Buffer.from('rot'), 0, 3, 20_000);
    await file.close();
    await utimes(placed(dataDir, 'touched.pdf'), new Date(), new Date(Date.now() + 1_000));

    const again = await start(dataDir);
    const pieces = Math.ceil(document.size / document.pieceLength);
    const [shown] = await again.documents();
    expect(shown?.hosts[0]).toMatchObject({ complete: false, pieces: pieces - 1 });
    expect((await recordOf(dataDir, document.id)).complete).toBe(false);
    const first = await again.get(`documents/${document.id}/content`, { range: 'bytes=0-999' });
    expect(first.bytes.equals(pdf(20).subarray(0, 1_000))).toBe(true);
    // What is missing is looked for in the swarm, and whoever wants to read it waits for that.
    const repair = await waitUntil('the repair', 5_000, async () => (await again.get('downloads')).json.items[0]);
    expect([repair.documentId, repair.pieces.have, repair.pieces.total]).toEqual([document.id, shown?.hosts[0]?.pieces, pieces]);
  });

  it('is complete when only its time has changed, which is recorded so that it is hashed once', async () => {
    const dataDir = await folders.make('touched');
    const peer = await start(dataDir);
    const { id } = await peer.add('touched.pdf', pdf(21));
    await stop(peer);
    const then = 1_700_000_000_000;
    expect((await recordOf(dataDir, id)).modifiedAt).toBeGreaterThan(then);
    await utimes(placed(dataDir, 'touched.pdf'), new Date(), new Date(then));
    const again = await start(dataDir);
    expect((await again.documents())[0]?.hosts[0]?.complete).toBe(true);
    expect((await recordOf(dataDir, id)).modifiedAt).toBe(then);
    expect((await again.get(`documents/${id}/content`)).bytes.equals(pdf(21))).toBe(true);
  });
});

describe('a data folder', () => {
  it('belongs to one process: a second one is refused with its name and the holder, and the first lives on', async () => {
    const dataDir = await folders.make('lock');
    const peer = await start(dataDir);
    await expect(RunningPeer.start(dataDir)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining(dataDir),
    });
    expect((await peer.get('node')).status).toBe(200);
    expect((await readFile(join(dataDir, 'node.lock'), 'utf8')).trim()).toBe(String(process.pid));
    await stop(peer);
    await start(dataDir);
  });

  it('of another living process is refused, that of a dead one is taken', async () => {
    const dataDir = await folders.make('lock');
    await stop(await start(dataDir));
    await writeFile(join(dataDir, 'node.lock'), String(process.ppid));
    await expect(RunningPeer.start(dataDir)).rejects.toMatchObject({ message: expect.stringContaining(`process ${process.ppid}`) });
    await writeFile(join(dataDir, 'node.lock'), '999999999');
    await start(dataDir);
  });

  it('with a damaged identity is refused with the name of the file', async () => {
    const dataDir = await folders.make('identity');
    await writeFile(join(dataDir, 'node.json'), 'no json');
    await expect(RunningPeer.start(dataDir)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining('node.json'),
    });
    await rm(join(dataDir, 'node.json'));
    await start(dataDir);
  });
});

describe('a data folder that is gone while a peer runs', () => {
  it('is told by /readyz, and everything goes on when a copy of it is back', async () => {
    const dataDir = await folders.make('away');
    const peer = await start(dataDir);
    const { id } = await peer.add('here.pdf', pdf(30));
    expect(await peer.ready()).toMatchObject({ status: 200, checks: { 'data-folder': { ok: true } } });
    await peer.get(`documents/${id}/content`);
    await cp(dataDir, `${dataDir}.copy`, { recursive: true, preserveTimestamps: true });
    await rm(dataDir, { recursive: true });
    const gone = await waitUntil('the loss to be seen', 10_000, async () => {
      const seen = await peer.ready();
      return seen.status === 503 && seen;
    });
    expect(gone.checks['data-folder']?.detail).toContain('has no "node.json"');
    expect((await peer.upload('more.pdf', pdf(31))).json.code).toBe('STORE_FAILED');

    await rename(`${dataDir}.copy`, dataDir);
    await waitUntil('the return to be seen', 10_000, async () => (await peer.ready()).status === 200);
    expect((await peer.get(`documents/${id}/content`)).bytes.equals(pdf(30))).toBe(true);
    expect((await peer.add('more.pdf', pdf(31))).name).toBe('more.pdf');
  }, 30_000);

  it('is not mistaken for the folder that stands in its place', async () => {
    const dataDir = await folders.make('away');
    const peer = await start(dataDir);
    expect((await peer.ready()).status).toBe(200);
    await rename(dataDir, `${dataDir}.away`);
    await mkdir(join(dataDir, 'documents'), { recursive: true });
    await waitUntil('the loss to be seen', 10_000, async () => (await peer.ready()).status === 503);
    await rm(dataDir, { recursive: true });
    await rename(`${dataDir}.away`, dataDir);
    await waitUntil('the return to be seen', 10_000, async () => (await peer.ready()).status === 200);
  }, 30_000);
});

describe('a document that is removed', () => {
  it('is gone with its bytes, and may be added again; the others stay', async () => {
    const dataDir = await folders.make('remove');
    const peer = await start(dataDir);
    const [one, two] = [await peer.add('one.pdf', pdf(8)), await peer.add('two.pdf', pdf(9))];
    expect((await peer.send('DELETE', `documents/${one.md5}`)).status).toBe(204);
    expect((await peer.send('DELETE', `documents/${one.id}`)).status).toBe(404);
    expect((await peer.documents()).map(({ id }) => id)).toEqual([two.id]);
    const files = await readdir(dataDir, { recursive: true });
    expect(files.filter((name) => name.includes(one.id) || name.endsWith('one.pdf'))).toEqual([]);
    expect((await peer.get(`documents/${two.id}/content`)).bytes.equals(pdf(9))).toBe(true);
    expect((await peer.add('one.pdf', pdf(8))).id).toBe(one.id);
  });

  it('goes with all others at once, also for the next process', async () => {
    const dataDir = await folders.make('remove');
    const peer = await start(dataDir);
    for (let seed = 10; seed < 14; seed++) await peer.add(`${seed}.pdf`, pdf(seed));
    expect((await peer.send('DELETE', 'documents')).status).toBe(204);
    expect(await peer.documents()).toEqual([]);
    expect((await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith('.pdf'))).toEqual([]);
    await stop(peer);
    expect(await (await start(dataDir)).documents()).toEqual([]);
  });
});
