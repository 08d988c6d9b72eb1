import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';
import { fileHashes } from '../../tools/local-swarm/sharing.ts';
import { TrackerClient } from '../../tools/local-swarm/tracker.client.ts';
import { waitFor } from '../../tools/local-swarm/wait-for.ts';
import { FIELD_GUIDE } from '../../tools/sample-maker/sample-documents.ts';
import { ComposeProject, whyNoCompose } from './compose-project.ts';

const PEERS = 5;
const BUILD_LIMIT_MS = 300_000;
const SETTLE_LIMIT_MS = 60_000;

const obstacle = whyNoCompose();
const whenPossible = obstacle ? describe.skip : describe;
// The names of a suite that is skipped as a whole are not printed.
if (obstacle) process.stderr.write(`The compose test is skipped: ${obstacle}\n`);

whenPossible(`docker compose up --scale peer=${PEERS}${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
  const project = new ComposeProject();
  let samples: string;
  let guidePath: string;
  let tracker: TrackerClient;
  let peers: PeerClient[];
  let guideId: string;

  beforeAll(async () => {
    samples = mkdtempSync(join(tmpdir(), 'pageswarm-compose-'));
    guidePath = join(samples, FIELD_GUIDE.fileName);
    execFileSync(process.execPath, [join(import.meta.dirname, '../../build/tools/sample-maker.js'), samples]);
    await project.run('up', '--build', '--detach', '--scale', `peer=${PEERS}`);
    tracker = new TrackerClient(await project.url('tracker', 7180));
    const urls = await Promise.all(Array.from({ length: PEERS }, (_, index) => project.url('peer', 7184, index + 1)));
    peers = urls.map((url) => new PeerClient(url));
  }, BUILD_LIMIT_MS);

  afterAll(async () => {
    await project.remove();
    rmSync(samples, { recursive: true });
  }, 60_000);

  it('brings all peers to the tracker', async () => {
    await waitFor(`${PEERS} peers at the tracker`, SETTLE_LIMIT_MS, async () => (await tracker.peerCount()) === PEERS);
  }, 70_000);

  it('adds a document on two peers and inspects it in the pdf-worker', async () => {
    const [first, second] = peers as [PeerClient, PeerClient];
    const added = await first.addInspected(FIELD_GUIDE.fileName, guidePath, SETTLE_LIMIT_MS);
    await second.add(FIELD_GUIDE.fileName, guidePath);
    expect(added).toMatchObject({ pages: FIELD_GUIDE.pages, mapped: true, title: 'A Field Guide to Swarms' });
    guideId = added.id;
    await waitFor('two hosts', SETTLE_LIMIT_MS, async () => (await tracker.document(guideId)).hosts.length === 2);
  }, 90_000);

  it('downloads it across containers, from every host there is, byte for byte', async () => {
    const { md5, sha256 } = await fileHashes(guidePath);
    for (const [index, peer] of peers.slice(2).entries()) {
      // By the bare cascade, so that no host can be so fast that it takes the others' work before they begin.
      const { id } = await peer.startDownload({ id: guideId, strategy: 'cascade' });
      const download = await peer.followDownload(id, SETTLE_LIMIT_MS);
      expect(download).toMatchObject({ state: 'done', error: null, md5: { expected: md5, actual: md5 } });
      expect(download.hosts.filter(({ bytes }) => bytes > 0)).toHaveLength(index + 2);
      expect(download.bytesReceived).toBeLessThanOrEqual(download.size * 1.02);
      expect((await peer.contentHashes(guideId)).sha256).toBe(sha256);
      await waitFor('the new host', SETTLE_LIMIT_MS, async () => (await tracker.document(guideId)).hosts.length === index + 3);
    }
  }, 120_000);

  it('shows every replica and its bytes through Prometheus', async () => {
    const prometheus = await project.url('prometheus', 9090);
    await waitFor(
      `${PEERS} peers in Prometheus`,
      SETTLE_LIMIT_MS,
      async () => (await instancesOf(prometheus, 'up{job="peer"} == 1')) === PEERS,
    );
    expect(await instancesOf(prometheus, 'up{job=~"tracker|pdf-worker"} == 1')).toBe(2);
    await waitFor('the bytes of three downloads', SETTLE_LIMIT_MS, async () => {
      const query = `sum(pageswarm_peer_uploaded_bytes_total{job="peer"}) >= ${3 * (await tracker.document(guideId)).size}`;
      return (await instancesOf(prometheus, query)) === 1;
    });
  }, 150_000);

  it('runs without root and with a root folder that cannot be written', async () => {
    expect((await project.run('exec', '-T', 'peer', 'id', '-u')).trim()).toBe('1000');
    await expect(project.run('exec', '-T', 'peer', 'touch', '/app/mark')).rejects.toThrow(/Read-only file system/);
  }, 30_000);

  it('lists everything again after the tracker was restarted', async () => {
    await project.run('restart', 'tracker');
    // The system chose the published port, and may choose another one.
    tracker = new TrackerClient(await project.url('tracker', 7180));
    await waitFor('the document with all its hosts', SETTLE_LIMIT_MS, async () => (await tracker.document(guideId)).hosts.length === PEERS);
  }, 90_000);
});

/** How many targets an instant query has a value for. */
async function instancesOf(prometheus: string, query: string): Promise<number> {
  const response = await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as { data: { result: unknown[] } };
  return data.result.length;
}
