import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { ManualClock } from '@pageswarm/primitives';
import { obstacleToNiceness, threadsChangedBy } from '@pageswarm/testing';
import { plainRecord, sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Pace } from '../columns/pace.ts';
import { DocumentSearch } from '../search/document-search.ts';
import { HostTable } from '../swarm/host-table.ts';
import { CopyThreads, MIN_THREADED_DOCUMENTS, type StartThread } from './copy-threads.ts';
import { FileSnapshotStore } from './file-snapshot-store.ts';
import { Snapshotter } from './snapshotter.ts';

const COUNT = 3_000;
const folder = mkdtempSync(join(tmpdir(), 'pageswarm-threads-'));
const written = join(folder, 'tracker.snapshot');
let copies = 0;
const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const builtServices = pathToFileURL(join(process.cwd(), 'build/services/'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Threads of the built program; here they are worth it for a few documents, too. */
class BuiltThreads extends CopyThreads {
  override suits(): boolean {
    return true;
  }
}

const startBuilt: StartThread = (program, workerData) =>
  new Worker(new URL(`copy-${program}.child.js`, builtServices), { workerData, transferList: [workerData.texts] });

/** One of the threads ends in the middle of its work. */
const dying =
  (victim: 'documents' | 'names'): StartThread =>
  (program, order) => {
    const thread = startBuilt(program, order) as Worker;
    if (program === victim) setTimeout(() => void thread.terminate(), 1);
    return thread;
  };

function tracker(start?: StartThread) {
  const snapshotFile = start ? join(folder, `${copies++}`) : written;
  if (start) copyFileSync(written, snapshotFile);
  const clock = new ManualClock(1_000_000);
  const catalog = new Catalog();
  const hosts = new HostTable(clock, 30_000);
  hosts.onChange((_, { peerId, state }) => catalog.setListed(peerId, state === 'live'));
  const search = new DocumentSearch(catalog);
  const store = new FileSnapshotStore(snapshotFile, logger);
  const warnings: string[] = [];
  const told = Object.assign(Object.create(logger), { warn: (_: unknown, text: string) => warnings.push(text) });
  const placeOf = async () => ({ snapshotFile, journal: await store.documents() });
  const filling = {
    begin: () => search.beginFilling(),
    end: async () => {
      await catalog.prepareOrder('added');
      await search.endFilling(new Pace().turn);
    },
    threads: start && new BuiltThreads(placeOf, catalog, search, start),
  };
  const snapshotter = new Snapshotter(store, catalog, hosts, clock, told, { intervalMs: 3_600_000, writerTag: '00'.repeat(8), filling });
  return { catalog, hosts, search, snapshotter, warnings };
}

function answers({ catalog, search, snapshotter }: ReturnType<typeof tracker>) {
  const { unreadable, pending } = snapshotter.status();
  return {
    ...{ unreadable, pending, words: search.vocabularySize, added: [...catalog.inOrder('added', true)].map(({ id }) => id) },
    documents: [...catalog.all()].map((record) => ({ ...plainRecord(record), hostlessSince: undefined })),
    found: ['document 17', '2999', 'ocument', 'documnet 5'].map((query) => search.search(query, 5).records.map(({ id }) => id)),
    byHash: catalog.find(sampleFacts(COUNT - 1).infoHashV2.slice(0, 40))?.id,
    held: catalog.countOf(samplePeer(1)),
  };
}

/** What the thread of the names asks for. */
const NAMES_NICENESS = 5;
const obstacle = obstacleToNiceness(NAMES_NICENESS);

describe('a copy that is read by threads', () => {
  (obstacle ? it.skip : it)(`has its names read with a lower priority${obstacle ? ` (skipped: ${obstacle})` : ''}`, async () => {
    const { port1, port2 } = new MessageChannel();
    let thread: Worker | undefined;
    const start = () => {
      thread = startBuilt('names', { texts: port2 }) as Worker;
    };
    try {
      expect(await threadsChangedBy(start, NAMES_NICENESS)).toEqual([]);
    } finally {
      port1.close();
      await thread?.terminate();
    }
  });

  let expected: ReturnType<typeof answers>;
  beforeAll(async () => {
    const old = tracker();
    await old.snapshotter.start();
    for (const n of [1, 2])
      old.hosts.join({
        peerId: samplePeer(n),
        name: undefined,
        zone: undefined,
        address: { host: '::1', port: n },
        httpAddress: undefined,
      });
    for (let n = 0; n < COUNT; n++)
      old.catalog.announce(samplePeer(1 + (n % 2)), sampleFacts(n, { aliases: [`alias ${n % 7}`] }), { have: 40, complete: true });
    await old.snapshotter.stop();
    const next = tracker();
    await next.snapshotter.start();
    expected = answers(next);
    await next.snapshotter.stop();
  }, 60_000);

  async function restoredBy(start: StartThread) {
    const next = tracker(start);
    await next.snapshotter.start();
    expect(answers(next)).toEqual(expected);
    // What is changed afterwards is saved, and nothing else.
    next.catalog.remove(sampleFacts(5).id);
    expect(next.snapshotter.status().pending).toBe(expected.pending + 1);
    next.catalog.announce(samplePeer(2), sampleFacts(5, { name: 'document 5.pdf' }), { have: 1, complete: false });
    await next.snapshotter.stop();
    return next.warnings;
  }

  it('is there as if the tracker had read it itself', async () => {
    expect(await restoredBy(startBuilt)).toEqual([]);
  }, 60_000);

  it('is read by the tracker itself when the thread that reads documents dies', async () => {
    expect(await restoredBy(dying('documents'))).toEqual([expect.stringContaining('the copy is read in this one')]);
  }, 60_000);

  it('has its names read by the tracker itself when the thread that reads them dies', async () => {
    expect(await restoredBy(dying('names'))).toEqual([expect.stringContaining('they are read in this one')]);
  }, 60_000);

  it('is waited for no longer when the tracker ends', async () => {
    const next = tracker(startBuilt);
    const started = next.snapshotter.start();
    setTimeout(() => void next.snapshotter.stop(), 10);
    await started;
    expect([next.snapshotter.isRestored, next.catalog.size]).toEqual([false, 0]);
  }, 60_000);

  it('is read by no thread that would start after the tracker began to end', async () => {
    let isStarted = false;
    const placeOf = async () => {
      await threads.abandon();
      return { redisUrl: '' };
    };
    const start: StartThread = () => {
      isStarted = true;
      throw new Error('it was started');
    };
    const threads = new CopyThreads(placeOf, new Catalog(), new DocumentSearch(new Catalog()), start);
    const nobody = { progress: () => undefined, pass: () => undefined, warn: () => undefined };
    await expect(threads.restore(undefined, nobody)).rejects.toThrow('ends before its copy is read');
    expect(isStarted).toBe(false);
  });

  it('is worth threads only if it is large', () => {
    const threads = new CopyThreads(async () => ({ redisUrl: '' }), new Catalog(), new DocumentSearch(new Catalog()));
    expect([MIN_THREADED_DOCUMENTS - 1, MIN_THREADED_DOCUMENTS].map((count) => threads.suits(count))).toEqual([false, true]);
  });
});
