import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { MemoryStore } from '@pageswarm/piece-store';
import { type Md5, PageSwarmError, type PeerId, pieceCount, pieceSize } from '@pageswarm/primitives';
import { DocumentHasher, infoHashes } from '@pageswarm/torrent';
import { Registry } from 'prom-client';
import { Bandwidth } from '../bandwidth/bandwidth.ts';
import { UNLIMITED } from '../bandwidth/rate-limits.ts';
import { systemClock } from '../clock.ts';
import { type DocumentRecord, NOT_INSPECTED } from '../library/document-record.ts';
import type { Library } from '../library/library.service.ts';
import { LocalDocument } from '../library/local-document.ts';
import { DownloadJob, type DownloadJobOptions } from './download-job.ts';
import { DownloadMeter } from './download-meter.ts';
import type { DownloadOrder } from './download-order.ts';

const PEER = 'a'.repeat(40) as PeerId;
const BYTES = Buffer.alloc(40_000, '%PDF-1.7 and so on ');
const NOW = '2026-01-01T00:00:00.000Z';

/** A document of which every piece is here, but whose file has not got its final place. */
async function arrivedDocument(): Promise<LocalDocument> {
  const hasher = new DocumentHasher(BYTES.length);
  hasher.update(BYTES);
  const { root, size, pieceLength, pieceLayer, v1Pieces } = hasher.finish();
  const metainfo = { name: 'x.pdf', size, pieceLength, root, pieceLayer, v1Pieces };
  const pieces = await new MemoryStore().open({ documentId: root, name: 'x.pdf', size, pieceLength });
  for (let piece = 0; piece < pieceCount(size, pieceLength); piece++) {
    const offset = piece * pieceLength;
    await pieces.write(piece, BYTES.subarray(offset, offset + pieceSize(piece, size, pieceLength)));
  }
  const record: DocumentRecord = {
    ...{ version: 1, id: root, name: 'x.pdf', size, pieceLength, md5: createHash('md5').update(BYTES).digest('hex') as Md5 },
    ...infoHashes(metainfo),
    ...{ aliases: [], inspection: NOT_INSPECTED, addedBy: PEER, addedAt: NOW, complete: false, fileName: null, modifiedAt: null },
  };
  return new LocalDocument(record, metainfo, pieces);
}

/** A job whose library cannot put the file in place until the disk has room. */
async function jobOnFullDisk(): Promise<{ job: DownloadJob; makeSpace: () => void; settled: () => Promise<void> }> {
  const document = await arrivedDocument();
  let isFull = true;
  let settle = (): void => undefined;
  const complete = async (): Promise<void> => {
    if (isFull) throw new PageSwarmError('STORE_FULL', 'There is no space left');
  };
  const options: DownloadJobOptions = {
    library: { find: () => document, complete } as unknown as Library,
    ownPeerId: PEER,
    hosts: { hostsOf: async () => [] },
    connections: {} as DownloadJobOptions['connections'],
    meter: new DownloadMeter(new Registry()),
    bandwidth: new Bandwidth(systemClock, UNLIMITED),
    clock: systemClock,
    logger: createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' }),
    hostSearchMs: 1_000,
    changed: () => {
      if (['done', 'paused', 'failed'].includes(job.state)) settle();
    },
  };
  const order = {
    id: '0'.repeat(16),
    document: document.record,
    strategy: 'adaptive',
    pages: null,
    startedAt: NOW,
    halted: false,
    priority: 0,
    place: 0,
  };
  const job = new DownloadJob({ version: 1, ...order } as DownloadOrder, options);
  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      settle = resolve;
    });
  return {
    job,
    settled,
    makeSpace: () => {
      isFull = false;
    },
  };
}

describe('a download whose file cannot get its final place', () => {
  it('pauses because the disk is full, and ends once there is room and it is resumed', async () => {
    const { job, makeSpace, settled } = await jobOnFullDisk();
    const paused = settled();
    await job.start();
    await paused;
    expect(job.status).toMatchObject({ state: 'paused', error: { code: 'STORE_FULL' }, finishedAt: undefined });

    job.requeue();
    await job.start();
    expect(job.status).toMatchObject({ state: 'paused', error: { code: 'STORE_FULL' } });

    makeSpace();
    job.requeue();
    await job.start();
    expect(job.status).toMatchObject({
      state: 'done',
      error: undefined,
      finishedAt: expect.any(Number),
      digests: { md5: expect.stringMatching(/^[0-9a-f]{32}$/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });
});
