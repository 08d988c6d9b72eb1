import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { formatEndpoint } from '@pageswarm/primitives';
import { freePorts, noisePdf, waitUntil } from '@pageswarm/testing';
import {
  type BencodeInput,
  type BencodeValue,
  bdecode,
  bencode,
  encodeMetainfo,
  encodePlainMetainfo,
  type HybridMetainfo,
  parseMetainfo,
} from '@pageswarm/torrent';
import type { RunningTracker } from '@pageswarm/tracker';
import { RunningPeer } from '../medium/running-peer.ts';
import { startTestTracker } from '../medium/tracker-nodes.ts';
import { CLIENT_TIMEOUT_MS, libtorrentHashes, outputOf, RunningClient, transmissionVersion, unless } from './third-party-clients.ts';
import { announceAs, parsedByOthers, scrapeAs } from './witness-client.ts';

const CORPUS = process.env.PAGESWARM_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus');
const TORRENTS = join(CORPUS, 'torrents');
const withoutCorpus = existsSync(TORRENTS) ? '' : ' (skipped: there is no corpus folder)';
const NAME = 'a document, for others.pdf';

/** A test whose name says why it is skipped, if it is. */
function test(name: string, reason: string, body: () => Promise<void>): void {
  (reason === '' ? it : it.skip)(name + reason, body, 3 * CLIENT_TIMEOUT_MS);
}

describe('BitTorrent clients that others wrote', () => {
  const bytes = noisePdf({ pages: 4, pageBytes: 200_000, seed: 3 });
  const md5 = createHash('md5').update(bytes).digest('hex');
  let folder: string;
  let tracker: RunningTracker;
  let peer: RunningPeer;
  let document: Document;
  const urls = () => ({
    http: `http://127.0.0.1:${tracker.http.port}/announce`,
    udp: `udp://127.0.0.1:${tracker.parts.udp.port}/announce`,
  });
  const clients: RunningClient[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pageswarm-third-'));
    tracker = await startTestTracker({ PAGESWARM_UDP_PORT: '0', PAGESWARM_LEASE_MS: '10000' });
    peer = await RunningPeer.start(join(folder, 'peer'), { PAGESWARM_TRACKERS: formatEndpoint(tracker.transport) });
    document = (await peer.upload(NAME, bytes)).json;
    await waitUntil('the document with its web seed', CLIENT_TIMEOUT_MS, async () => {
      const answer = await fetch(`http://127.0.0.1:${tracker.http.port}/api/v1/documents/${document.id}`);
      return answer.ok && ((await answer.json()) as Document).hosts.some(({ httpAddress }) => httpAddress !== undefined);
    });
  }, CLIENT_TIMEOUT_MS);
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.end();
  });
  afterAll(async () => {
    await peer.stop();
    await tracker.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Our .torrent in a file; with some keys outside `info` replaced, which changes no info-hash. */
  const torrentFile = async (version: 'hybrid' | '1', replaced: Record<string, BencodeInput | undefined> = {}) => {
    const answer = await fetch(`http://127.0.0.1:${tracker.http.port}/api/v1/documents/${document.id}/torrent?version=${version}`);
    expect(answer.status).toBe(200);
    const torrent = bdecode(new Uint8Array(await answer.arrayBuffer())) as Map<string, BencodeValue>;
    for (const [key, value] of Object.entries(replaced)) {
      if (value === undefined) torrent.delete(key);
      else torrent.set(key, value as BencodeValue);
    }
    const path = join(folder, `${version}-${Object.values(replaced).length}-${Math.floor(performance.now())}.torrent`);
    await writeFile(path, bencode(torrent));
    return path;
  };
  const onlyTracker = (url: string) => ({ announce: url, 'announce-list': undefined });
  const start = async (client: Promise<RunningClient>) => {
    clients.push(await client);
    return clients.at(-1) as RunningClient;
  };
  const hasDocument = ({ folder: where, lines }: RunningClient) =>
    waitUntil('the document with the right md5', CLIENT_TIMEOUT_MS, () => {
      if (!existsSync(join(where, NAME))) throw new Error(`The client says: ${lines.slice(-5).join(' | ')}`);
      return (
        createHash('md5')
          .update(readFileSync(join(where, NAME)))
          .digest('hex') === md5
      );
    });
  const announced = async (protocol: string) => {
    const metrics = await (await fetch(`http://127.0.0.1:${tracker.http.port}/metrics`)).text();
    const counts = [
      ...metrics.matchAll(
        new RegExp(`bittorrent_announces_total\\{[^}]*event="(?:none|started|completed)"[^}]*protocol="${protocol}"[^}]*\\} (\\d+)`, 'g'),
      ),
    ];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };

  for (const [name, program, begin, version] of [
    ['aria2', 'aria2c', RunningClient.aria2, '1'],
    ['Transmission', 'transmission', RunningClient.transmission, '1'],
    ['libtorrent', 'libtorrent', RunningClient.libtorrent, '1'],
    ['libtorrent, hybrid', 'libtorrent', RunningClient.libtorrent, 'hybrid'],
  ] as const)
    for (const protocol of ['http', 'udp'] as const)
      test(`${name}: downloads from the web seed and announces over ${protocol}`, unless(program), async () => {
        const [port = 0] = await freePorts(1);
        const before = await announced(protocol);
        const path = await torrentFile(version, onlyTracker(urls()[protocol]));
        await hasDocument(await start(begin(path, port)));
        await waitUntil('its announce', CLIENT_TIMEOUT_MS, async () => (await announced(protocol)) > before);
        const infoHash = parseMetainfo(readFileSync(path)).infoHashV1 as string;
        await waitUntil('others being sent to it', CLIENT_TIMEOUT_MS, async () =>
          (await announceAs('witness', urls()[protocol], infoHash, 1, 5)).includes(port),
        );
      });

  test('all of them find each other without a web seed, over both protocols', unless('aria2c', 'transmission', 'libtorrent'), async () => {
    const [first = 0, second = 0, third = 0] = await freePorts(3);
    const { http, udp } = urls();
    const none = { 'url-list': undefined };
    // The first has the web seed; the second must find the first, the third either, and only the tracker tells them.
    // Transmission believes no tracker that sends it to a loopback address, so here it is the one that is found.
    await hasDocument(await start(RunningClient.transmission(await torrentFile('1', onlyTracker(http)), first)));
    await hasDocument(await start(RunningClient.aria2(await torrentFile('1', { ...onlyTracker(udp), ...none }), second)));
    await hasDocument(await start(RunningClient.libtorrent(await torrentFile('1', { ...onlyTracker(http), ...none }), third)));
    const infoHash = parseMetainfo(readFileSync(await torrentFile('1'))).infoHashV1 as string;
    for (const url of [http, udp]) expect((await scrapeAs(url, infoHash)).complete).toBeGreaterThanOrEqual(2);
  });

  test('the witness client announces, leaves and scrapes over HTTP and UDP', '', async () => {
    const { infoHashV1, infoHashV2 } = document;
    for (const url of Object.values(urls())) {
      const before = await scrapeAs(url, infoHashV1);
      expect(before.complete).toBeGreaterThanOrEqual(1);
      await announceAs('seeder', url, infoHashV1, 4_001, 0, 'keep');
      await announceAs('leecher', url, infoHashV2.slice(0, 40), 4_002, 9, 'keep');
      expect(await scrapeAs(url, infoHashV1)).toMatchObject({ complete: before.complete + 1, incomplete: before.incomplete + 1 });
      expect(await announceAs('leecher', url, infoHashV1, 4_002, 9)).toContain(4_001);
      await announceAs('seeder', url, infoHashV1, 4_001, 0);
      expect(await scrapeAs(url, infoHashV1)).toMatchObject({ complete: before.complete, incomplete: before.incomplete });
    }
  });

  test('parse-torrent and libtorrent read our torrents as we do', unless('libtorrent'), async () => {
    for (const version of ['hybrid', '1'] as const) {
      const path = await torrentFile(version);
      const ours = parseMetainfo(readFileSync(path));
      expect(libtorrentHashes(path)).toEqual({ v1: ours.infoHashV1, v2: ours.infoHashV2 ?? null, private: false });
      expect(await parsedByOthers(path)).toEqual([
        { infoHash: ours.infoHashV1, name: NAME, length: bytes.length, announce: ours.trackers.flat().sort(), urlList: ours.webSeeds },
      ]);
    }
  });

  test('libtorrent and parse-torrent hash a private torrent as we do, which is another one', unless('libtorrent'), async () => {
    const ours = parseMetainfo(readFileSync(await torrentFile('hybrid')));
    const secretOnes = [encodeMetainfo, encodePlainMetainfo].map((encode) => encode({ ...(ours as HybridMetainfo), isPrivate: true }));
    for (const [n, bytesOfIt] of secretOnes.entries()) {
      const path = join(folder, `private-${n}.torrent`);
      await writeFile(path, bytesOfIt);
      const secret = parseMetainfo(bytesOfIt);
      expect(secret.isPrivate).toBe(true);
      expect([ours.infoHashV1, document.infoHashV1]).not.toContain(secret.infoHashV1);
      expect(libtorrentHashes(path)).toEqual({ v1: secret.infoHashV1, v2: secret.infoHashV2 ?? null, private: true });
      expect((await parsedByOthers(path))[0]?.infoHash).toBe(secret.infoHashV1);
    }
  });

  test('parse-torrent and libtorrent agree with us on every hash of the corpus', unless('libtorrent') || withoutCorpus, async () => {
    const files = readdirSync(TORRENTS).filter((name) => name.endsWith('.torrent'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const path = join(TORRENTS, file);
      const { infoHashV1, infoHashV2 } = parseMetainfo(readFileSync(path));
      expect([file, libtorrentHashes(path)]).toMatchObject([file, { v1: infoHashV1, v2: infoHashV2 }]);
      expect([file, (await parsedByOthers(path))[0]?.infoHash]).toEqual([file, infoHashV1]);
    }
  });

  test(
    'aria2 1.36 computes another info-hash of a hybrid torrent than everybody else, and the right one of a plain one',
    unless('aria2c'),
    async () => {
      const hashOf = (path: string) => /^Info Hash: ([0-9a-f]{40})$/m.exec(outputOf('aria2c', '--no-conf', '-S', path))?.[1];
      const [hybrid, plain] = [await torrentFile('hybrid'), await torrentFile('1')];
      expect(hashOf(plain)).toBe(parseMetainfo(readFileSync(plain)).infoHashV1);
      // Not ours: the same happens with torrents that libtorrent made. When a later aria2 is right, this line may go.
      if (outputOf('aria2c', '--version').includes('aria2 version 1.36')) expect(hashOf(hybrid)).not.toBe(document.infoHashV1);
      else expect(hashOf(hybrid)).toBe(document.infoHashV1);
    },
  );

  test('Transmission 3.00 cannot read a hybrid torrent, and reads a plain one', unless('transmission'), async () => {
    const [hybrid, plain] = [await torrentFile('hybrid'), await torrentFile('1')];
    expect(outputOf('transmission-show', plain)).toContain(parseMetainfo(readFileSync(plain)).infoHashV1 as string);
    if (transmissionVersion().includes('3.00')) expect(outputOf('transmission-show', hybrid)).not.toContain(document.infoHashV1);
    else expect(outputOf('transmission-show', hybrid)).toContain(document.infoHashV1);
  });
});
