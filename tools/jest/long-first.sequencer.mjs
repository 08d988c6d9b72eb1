// The order in which suites begin: the long ones first, so that no worker ends with one of them while the others have nothing to do.
import { statSync } from 'node:fs';

/** Folders in the order of how long their suites take: whole swarms, single services; everything else follows. */
const FOLDERS = ['/test/e2e/', '/test/medium/'];
/** Suites that take more than some seconds on two cores, the longest first; they begin before the others of their folder. */
const LONG = [
  'test/e2e/local-swarm.test.ts',
  'test/e2e/faults.test.ts',
  'test/e2e/transfer-control.test.ts',
  'test/e2e/reading.test.ts',
  'test/e2e/scrubbing.test.ts',
  'test/medium/tracker-snapshot.test.ts',
  'test/medium/peer-restart.test.ts',
  'test/medium/pdf-worker.test.ts',
  'services/pdf-worker/src/pool/child-pool.test.ts',
  'test/medium/pdf-worker-hostile.test.ts',
  'test/medium/pdf-worker-corpus.test.ts',
  'services/tracker/src/snapshot/filled-catalog.test.ts',
  'services/tracker/src/catalog/slot-queue.test.ts',
  'services/tracker/src/search/posting-lists.test.ts',
  'libs/piece-store/src/file-store-kill.test.ts',
  'libs/page-map/src/page-availability.test.ts',
  'libs/page-map/src/corpus.test.ts',
  'tools/sample-maker/sample-documents.test.ts',
];

/**
 * Jest itself orders by how long each suite took last time, which a clean machine does not know, and else by the size of the file,
 * which says little: a short test may start ten processes.
 */
export default class LongFirstSequencer {
  sort(tests) {
    return tests
      .map((test) => ({ test, place: placeOf(test.path), size: statSync(test.path).size }))
      .sort((one, other) => one.place - other.place || other.size - one.size)
      .map(({ test }) => test);
  }

  /** With `--shard`: each takes every so many of all suites. */
  shard(tests, { shardIndex, shardCount }) {
    return this.sort(tests).filter((_, index) => index % shardCount === shardIndex - 1);
  }

  /** With `--onlyFailures`: Jest asks for what failed the last time, which is not kept. */
  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}

function placeOf(path) {
  const long = LONG.findIndex((name) => path.endsWith(`/${name}`));
  const folder = FOLDERS.findIndex((name) => path.includes(name));
  return long >= 0 ? long : LONG.length + (folder >= 0 ? folder : FOLDERS.length);
}
