import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { peerId } from '@pageswarm/primitives';
import { LyingPeer, noise, noisePdf, ProcessSwarm, waitUntil } from '@pageswarm/testing';
import { TrackerClient } from '../../tools/local-swarm/tracker.client.ts';
import { addOn, clientOf, expectWhole, hostOf, nodeOf, pdfOf, seed } from './noise-transfer.ts';

const MIB = 1_048_576;
const TIMEOUT_MS = 90_000;

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
});

describe('a tracker', () => {
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
