import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { readPeerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import { Library, type LocalDocument, startPeer } from '@pageswarm/peer-node';
import { formatEndpoint, indexesOf, pieceSize } from '@pageswarm/primitives';
import { noisePdf, ProcessSwarm, type ServiceProcess, TemporaryFolders } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

const MIB = 1_048_576;
const HOSTS = 4;
const PAGES = 100;
const INSPECTION_LIMIT_MS = 120_000;
const PAGE_LIMIT_MS = 30_000;
/** What may have come of the document once a page can be read, in percent: the page itself is one percent of it. */
const MOST_PERCENT = 2;
/** Readers of each page, one after the other. */
const READERS = 3;

/** Counts the bytes that are stored until all is there that a page needs. */
class PageWatch {
  /** In percent of the document; undefined until then. */
  percent: number | undefined;
  private stored = 0;

  constructor({ pageMap, record, feed }: LocalDocument, page: number) {
    const missing = new Set(indexesOf([...pageMap.structure, ...(pageMap.closures[page - 1] ?? [])]));
    feed.subscribe((piece) => {
      this.stored += pieceSize(piece, record.size, record.pieceLength);
      if (missing.delete(piece) && missing.size === 0) this.percent = (100 * this.stored) / record.size;
    });
  }
}

/** A peer within this process, where every stored piece can be seen. */
function startReader(swarm: ProcessSwarm, worker: ServiceProcess, dataDir: string) {
  const env = {
    PAGESWARM_DATA_DIR: dataDir,
    PAGESWARM_HTTP_PORT: '0',
    PAGESWARM_TRANSPORT_PORT: '0',
    PAGESWARM_TRACKERS: formatEndpoint(swarm.tracker),
    PAGESWARM_WORKERS: formatEndpoint(worker.transport),
    PAGESWARM_NODE_NAME: 'reader',
  };
  const logger = createLogger({ service: 'peer-node', node: 'reader', level: 'silent', format: 'json' });
  return startPeer(readPeerConfig(env), logger);
}

/** Orders the document and reads one page at once. @returns what had come when all was there that the page needs, in percent */
async function readPage({ app, http }: Awaited<ReturnType<typeof startReader>>, id: string, page: number): Promise<number> {
  let watch: PageWatch | undefined;
  app.get(Library).changes.subscribe(({ type, document }) => {
    if (type === 'added') watch = new PageWatch(document, page);
  });
  const client = new PeerClient(`http://127.0.0.1:${http.port}`);
  const started = performance.now();
  await client.startDownload({ id });
  const answer = await fetch(`${client.base}/api/v1/documents/${id}/pages/${page}.pdf?timeout=${PAGE_LIMIT_MS}`);
  const seconds = (performance.now() - started) / 1_000;
  expect([
    answer.status,
    Buffer.from(await answer.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ]).toEqual([200, '%PDF-']);
  const percent = watch?.percent ?? Number.POSITIVE_INFINITY;
  process.stdout.write(`first-page: page ${page} is here after ${percent.toFixed(2)} %, shown after ${seconds.toFixed(2)} s\n`);
  return percent;
}

it(
  'the first page of a book, and one in the middle, can be read when little more than the page has come',
  () =>
    ProcessSwarm.run(async (swarm) => {
      const folders = new TemporaryFolders();
      await swarm.startTracker();
      const worker = await swarm.startWorker();
      const env = { PAGESWARM_UPLOAD_LIMIT_BYTES: String(4 * MIB) };
      const hosts = await Promise.all(Array.from({ length: HOSTS }, (_, host) => swarm.startPeer(`host-${host}`, { env })));
      const book = noisePdf({ pages: PAGES, pageBytes: MIB, seed: 4 });
      const added = await Promise.all(hosts.map(({ base }) => new PeerClient(base).addInspected('Book.pdf', book, INSPECTION_LIMIT_MS)));
      const id = added[0]?.id as string;
      for (const page of [1, PAGES / 2]) {
        const percents: number[] = [];
        while (percents.length < READERS) {
          const reader = await startReader(swarm, worker, join(await folders.make('first-page'), 'data'));
          percents.push(await readPage(reader, id, page));
          await reader.close();
        }
        expect(Math.max(...percents)).toBeLessThanOrEqual(MOST_PERCENT);
      }
      await folders.remove();
    }),
  300_000,
);
