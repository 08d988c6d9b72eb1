import { execFile } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Document, Download } from '@pageswarm/contracts';
import { peerId } from '@pageswarm/primitives';
import { type LyingManner, LyingPeer, noise, noisePdf, ProcessSwarm, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';
import { TrackerClient } from '../../tools/local-swarm/tracker.client.ts';

const MIB = 1_048_576;
const TIMEOUT_MS = 90_000;
const run = promisify(execFile);
/** PAGESWARM_TEST_SEED=<n> makes the same documents again. */
const seed = Number(process.env.PAGESWARM_TEST_SEED ?? randomInt(1_000_000));
process.stdout.write(`faults: the documents have seed ${seed}\n`);

/** A PDF of noise of about so many bytes, in 40 pages. */
const pdfOf = (bytes: number) => noisePdf({ pages: 40, pageBytes: bytes / 40, seed });
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const clientOf = (process: ServiceProcess) => new PeerClient(process.base);
const hostOf = (download: Download, id: string) => download.hosts.find((host) => host.peerId === id);

async function nodeOf(peer: ServiceProcess) {
  return (await (await fetch(`${peer.base}/api/v1/node`)).json()) as {
    peerId: string;
    trackers: { connected: boolean; reachable: boolean | null; detail: string }[];
  };
}

/** Adds a document on each of these peers. */
async function addOn(peers: readonly ServiceProcess[], bytes: Uint8Array): Promise<Document> {
  const added = await Promise.all(peers.map((peer) => clientOf(peer).add('Noise.pdf', bytes)));
  return added[0] as Document;
}

async function resume(peer: ServiceProcess, id: string): Promise<Response> {
  return fetch(`${peer.base}/api/v1/downloads/${id}/resume`, { method: 'POST' });
}

/** Waits until a download has so many of its pieces, while it runs. */
async function reach(peer: ServiceProcess, id: string, share: number): Promise<Download> {
  return waitUntil(`${share * 100} % of download ${id}`, 30_000, async () => {
    const download = await clientOf(peer).download(id);
    if (download.state === 'failed') throw new Error(download.error?.detail);
    return download.pieces.have >= share * download.pieces.total && download;
  });
}

async function expectWhole(peer: ServiceProcess, download: Download, bytes: Uint8Array): Promise<void> {
  expect([download.state, download.error]).toEqual(['done', null]);
  expect(download.md5).toEqual({ expected: md5(bytes), actual: md5(bytes) });
  expect(download.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(await clientOf(peer).contentHashes(download.documentId)).toMatchObject({ size: bytes.length, md5: md5(bytes) });
}

describe('a download ends with the right bytes', () => {
  it(
    'although one of two hosts is killed in the middle of it',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const [doomed, steady, reader] = await Promise.all([
          swarm.startPeer('doomed', { uplink: 15 * MIB }),
          swarm.startPeer('steady', { uplink: 15 * MIB }),
          swarm.startPeer('reader'),
        ]);
        const bytes = pdfOf(40 * MIB);
        const document = await addOn([doomed, steady], bytes);
        const { peerId: doomedId } = await nodeOf(doomed);
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        const half = await waitUntil('pieces of both hosts', 30_000, async () => {
          const download = await clientOf(reader).download(id);
          return (
            download.pieces.have > 0.2 * download.pieces.total && download.hosts.filter((host) => host.bytes > 0).length === 2 && download
          );
        });
        expect(half.state).toBe('downloading');
        await doomed.kill('SIGKILL');
        const done = await clientOf(reader).followDownload(id, 60_000);
        await expectWhole(reader, done, bytes);
        const dead = hostOf(done, doomedId);
        expect(['dead', 'lost']).toContain(dead?.state);
        expect(dead?.detail).toMatch(/\S/);
        expect(hostOf(done, (await nodeOf(steady)).peerId)?.detail).toBeNull();
        expect(done.bytesReceived).toBeLessThan(1.1 * bytes.length);
      }),
    TIMEOUT_MS,
  );

  it(
    'although a host sends wrong bytes: it is named and banned, the honest ones are not',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const [honest, honest2, reader] = await Promise.all([
          swarm.startPeer('honest', { uplink: 10 * MIB }),
          swarm.startPeer('honest-2', { uplink: 10 * MIB }),
          swarm.startPeer('reader'),
        ]);
        const bytes = pdfOf(40 * MIB);
        const document = await addOn([honest, honest2], bytes);
        const liar = swarm.add(new LyingPeer({ tracker: swarm.tracker, document, manner: 'wrong-bytes', peerId: peerId('b'.repeat(40)) }));
        await liar.start();
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        const done = await clientOf(reader).followDownload(id, 60_000);
        await expectWhole(reader, done, bytes);
        const banned = hostOf(done, liar.peerId);
        expect(banned).toMatchObject({ address: liar.address, state: 'banned', detail: expect.stringContaining('piece'), pieces: 0 });
        expect(liar.piecesAsked).toBeGreaterThan(0);
        for (const peer of [honest, honest2]) {
          const host = hostOf(done, (await nodeOf(peer)).peerId);
          expect([host?.detail, (host?.bytes ?? 0) > 0]).toEqual([null, true]);
        }
      }),
    TIMEOUT_MS,
  );

  it(
    'although four hosts break the rules, each in its own way',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const [honest, reader] = await Promise.all([swarm.startPeer('honest', { uplink: 5 * MIB }), swarm.startPeer('reader')]);
        const bytes = pdfOf(20 * MIB);
        const document = await addOn([honest], bytes);
        const manners: LyingManner[] = ['stalls', 'nonsense', 'other-pieces', 'too-few-bytes'];
        const liars = manners.map((manner, index) =>
          swarm.add(new LyingPeer({ tracker: swarm.tracker, document, manner, peerId: peerId(`${index}`.repeat(40)) })),
        );
        await Promise.all(liars.map((liar) => liar.start()));
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        const done = await clientOf(reader).followDownload(id, 60_000);
        await expectWhole(reader, done, bytes);
        for (const [index, liar] of liars.entries()) {
          expect([manners[index], liar.piecesAsked > 0]).toEqual([manners[index], true]);
          expect([manners[index], hostOf(done, liar.peerId)?.pieces]).toEqual([manners[index], 0]);
          // Silence is only slow at first: whoever stalls is not blamed as long as others are fast enough.
          if (manners[index] !== 'stalls')
            expect([manners[index], hostOf(done, liar.peerId)?.detail]).toEqual([manners[index], expect.stringMatching(/\S/)]);
        }
        expect(hostOf(done, (await nodeOf(honest)).peerId)?.state).toMatch(/active|idle/);
      }),
    TIMEOUT_MS,
  );

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

  it(
    'that is not up yet is waited for: the peer says so, takes documents, and announces them when it comes',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.reserveTracker();
        const peer = await swarm.startPeer('early');
        const [link] = (await nodeOf(peer)).trackers;
        expect(link).toMatchObject({
          connected: false,
          reachable: null,
          detail: expect.stringMatching(/not connected yet|no tracker: .*trying again/),
        });
        await expect(clientOf(peer).searchByName('')).rejects.toMatchObject({ status: 503, code: 'TRACKER_UNAVAILABLE' });
        expect((await fetch(`${peer.base}/readyz`)).status).toBe(200);
        const document = await clientOf(peer).add('Early.pdf', noisePdf({ pages: 1, pageBytes: 10_000, seed }));
        const tracker = await swarm.startTracker();
        await waitUntil('the peer to join', 20_000, async () => (await nodeOf(peer)).trackers[0]?.connected);
        await waitUntil(
          'the document',
          5_000,
          async () => (await new TrackerClient(tracker.base).documents('early')).items[0]?.id === document.id,
        );
      }),
    TIMEOUT_MS,
  );
});

describe('a node', () => {
  it(
    'lives on whatever strangers send to its transport port',
    () =>
      ProcessSwarm.run(async (swarm) => {
        await swarm.startTracker();
        const [host, reader] = await Promise.all([swarm.startPeer('host'), swarm.startPeer('reader')]);
        const bytes = pdfOf(4 * MIB);
        const document = await addOn([host], bytes);
        const { port } = host.transport;
        const greetings: Record<string, Buffer> = {
          noise: noise(200_000, seed),
          http: Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'),
          tls: Buffer.from('16030100c8010000c40303', 'hex'),
          'another version': Buffer.concat([Buffer.from('PGSW'), Buffer.from([0, 9, 0, 12]), noise(1_000, seed)]),
          'a frame without end': Buffer.concat([
            Buffer.from('PGSW'),
            Buffer.from([0, 1, 0, 1]),
            Buffer.alloc(16, 0xff),
            noise(100_000, seed),
          ]),
          zeros: Buffer.concat([Buffer.from('PGSW'), Buffer.from([0, 1, 0, 1]), Buffer.alloc(100_000)]),
          'half a greeting': Buffer.from('PG'),
        };
        const answers = await Promise.all(Object.values(greetings).map((greeting) => say(port, greeting)));
        const strangers = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
        // Whoever speaks another version is told in clear words; whoever speaks another protocol altogether is left.
        expect(answers[Object.keys(greetings).indexOf('another version')]).toContain('PROTOCOL_VERSION');
        const { id } = await clientOf(reader).startDownload({ id: document.id });
        await expectWhole(reader, await clientOf(reader).followDownload(id, 30_000), bytes);
        expect((await nodeOf(host)).trackers[0]?.connected).toBe(true);
        expect(host.alive).toBe(true);
        for (const stranger of strangers) stranger.destroy();
      }),
    TIMEOUT_MS,
  );

  const canMount = process.getuid?.() === 0 && process.platform === 'linux';
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

/** Says something to a port and hears what it says until it hangs up, or for a second. */
function say(port: number, greeting: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const heard: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(greeting));
    const end = (): void => {
      socket.destroy();
      resolve(Buffer.concat(heard).toString('latin1'));
    };
    socket.on('data', (chunk) => heard.push(chunk)).on('error', () => undefined);
    socket.once('close', end).setTimeout(1_000, end);
  });
}
