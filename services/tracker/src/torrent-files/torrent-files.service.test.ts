import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { type Endpoint, ManualClock } from '@pageswarm/primitives';
import { DocumentHasher, encodeMetainfo, infoHashes, parseMetainfo } from '@pageswarm/torrent';
import { Notes } from '../access/notes.ts';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { HostTable } from '../swarm/host-table.ts';
import { PlainTorrents } from './plain-torrents.ts';
import { MAX_METAINFO_HOSTS, MAX_WEB_SEEDS, TorrentFiles } from './torrent-files.service.ts';

const ANNOUNCE = ['http://tracker/announce', 'udp://tracker:7180'];
const bytes = Buffer.alloc(50_000, 'page ');

function hashesUnder(name: string) {
  const hasher = new DocumentHasher(bytes.length);
  hasher.update(bytes);
  const { root, md5, pieceLength, pieceLayer, v1Pieces } = hasher.finish();
  const info = { name, size: bytes.length, pieceLength, root, v1Pieces };
  return {
    facts: sampleFacts(1, { id: root, md5, name, size: bytes.length, pieceLength, ...infoHashes(info) }),
    metainfo: encodeMetainfo({ ...info, pieceLayer }),
  };
}

/** A document on `hosts` hosts; host `n` answers what `answers(n)` gives. */
function library(hosts: number, answers: (n: number) => Uint8Array | Promise<Uint8Array>, cacheBytes?: number) {
  const { facts } = hashesUnder('book.pdf');
  const catalog = new Catalog();
  const table = new HostTable(new ManualClock(), 1_000);
  const asked: number[] = [];
  for (let n = 1; n <= hosts; n++) {
    const address = { host: '10.0.0.1', port: n };
    table.setState(
      table.join({ peerId: samplePeer(n), name: undefined, zone: undefined, address, httpAddress: { host: '10.0.0.1', port: 8_000 + n } }),
      'live',
    );
    catalog.announce(samplePeer(n), facts, { have: 4, complete: true });
  }
  const source = {
    fetch: async ({ port }: Endpoint) => {
      asked.push(port);
      return answers(port);
    },
  };
  const files = new TorrentFiles(
    table,
    source,
    createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' }),
    new PlainTorrents(new Notes(), new ManualClock()),
    cacheBytes,
  );
  return { files, asked, record: catalog.get(facts.id) as never, facts };
}

describe('a .torrent file', () => {
  it('is written under the first name from the hashes of a host that knows another', async () => {
    const { files, record, facts } = library(1, () => hashesUnder('another name.pdf').metainfo);
    const torrent = parseMetainfo(await files.torrent(record, ANNOUNCE));
    expect(torrent).toMatchObject({ name: 'book.pdf', infoHashV1: facts.infoHashV1, infoHashV2: facts.infoHashV2, trackers: [ANNOUNCE] });
    expect(torrent.webSeeds).toEqual([`http://10.0.0.1:8001/api/v1/documents/${facts.id}/content`]);
  });

  it('asks the next host when one lies or fails, and asks nobody the second time', async () => {
    const { files, record, asked } = library(3, (n) => {
      if (n === 1) throw new Error('gone');
      if (n === 2) return encodeMetainfo({ ...parseMetainfo(hashesUnder('book.pdf').metainfo), v1Pieces: Buffer.alloc(80) } as never);
      return hashesUnder('book.pdf').metainfo;
    });
    await Promise.all([files.torrent(record, ANNOUNCE), files.torrent(record, ANNOUNCE)]);
    await files.torrent(record, ANNOUNCE);
    expect(asked).toEqual([1, 2, 3]);
  });

  it('does not wait for a host that is silent', async () => {
    const { files, record, asked } = library(3, (n) => (n === 1 ? new Promise<never>(() => {}) : hashesUnder('book.pdf').metainfo));
    await files.torrent(record, ANNOUNCE);
    expect(asked).toEqual([1, 2]);
  });

  it('is refused when no host tells the right hashes, after some', async () => {
    const { files, record, asked } = library(MAX_METAINFO_HOSTS + 3, () => Buffer.from('le'));
    await expect(files.torrent(record, ANNOUNCE)).rejects.toMatchObject({ code: 'NO_HOSTS' });
    expect(asked).toHaveLength(MAX_METAINFO_HOSTS);
  });

  it('is made of fresh hashes when the cache has no room', async () => {
    const { files, record, asked } = library(1, () => hashesUnder('book.pdf').metainfo, 10);
    await files.torrent(record, ANNOUNCE);
    await files.torrent(record, ANNOUNCE);
    expect([asked.length, files.cachedBytes]).toEqual([2, 0]);
  });

  it('names a limited number of web seeds', async () => {
    const { files, record } = library(MAX_WEB_SEEDS + 1, () => hashesUnder('book.pdf').metainfo);
    expect(parseMetainfo(await files.torrent(record, ANNOUNCE)).webSeeds).toHaveLength(MAX_WEB_SEEDS);
  });
});
