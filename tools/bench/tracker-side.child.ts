// A tracker with a full catalog, which tells the tracker benchmark what its own work costs.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readTrackerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import { documentId, infoHashV1, infoHashV2, md5, peerId, SeededRandom } from '@pageswarm/primitives';
import { startTracker } from '@pageswarm/tracker';
import { QUERY_CLASSES, type QueryClass, queryFor, sampleNames } from './sample-names.ts';
import { BENCH_DOCUMENTS, benchHash, type SearchCost, type TrackerSideReport } from './tracker-load.ts';

const QUERIES = 500;
const PAGE = 20;
const UNKNOWN = { pages: null, words: null, extractor: null, title: null, author: null, mapped: false, mapReason: null } as const;

const names = sampleNames(BENCH_DOCUMENTS);
const tracker = await startTracker(
  readTrackerConfig({ PAGESWARM_HTTP_PORT: '0', PAGESWARM_TRANSPORT_PORT: '0', PAGESWARM_UDP_PORT: '0' }),
  createLogger({ service: 'tracker', node: 'bench', level: 'silent', format: 'json' }),
);
const tell = (report: TrackerSideReport) => process.send?.(report);

function fill(): void {
  const host = peerId('01'.repeat(20));
  names.forEach((name, n) => {
    const digits = (what: string) => createHash('sha256').update(`${what} ${n}`).digest('hex');
    const hashes = { id: documentId(digits('root')), md5: md5(digits('md5').slice(0, 32)), infoHashV2: infoHashV2(digits('v2')) };
    const inspection = { ...UNKNOWN, encrypted: false, needsPassword: false, error: null };
    const facts = { ...hashes, infoHashV1: infoHashV1(benchHash(n)), name, size: 655_360, pieceLength: 16_384 };
    tracker.parts.catalog.announce(host, { ...facts, addedBy: host, addedAt: n, aliases: [], inspection }, { have: 40, complete: true });
  });
}

/** CPU of single searches, and how many found what they were made of. */
function searchCost(kind: QueryClass, seed: number): SearchCost {
  const random = new SeededRandom(seed);
  const costs: number[] = [];
  let found = 0;
  for (let n = 0; n < QUERIES; n++) {
    const name = names[Math.floor(random.next() * names.length)] as string;
    const query = queryFor(name, kind, random);
    const before = process.cpuUsage();
    const { records } = tracker.parts.search.search(query, PAGE);
    const { user, system } = process.cpuUsage(before);
    costs.push(user + system);
    if (records.some((record) => record.name === name)) found++;
  }
  costs.sort((a, b) => a - b);
  const at = (share: number) => costs[Math.floor(share * QUERIES)] as number;
  return { kind, p50: at(0.5), p99: at(0.99), foundShare: found / QUERIES };
}

/** What lives in memory, without what only waits to be collected. */
function livingBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const before = livingBytes();
fill();
const bytesPerDocument = (livingBytes() - before) / BENCH_DOCUMENTS;
const { http, parts } = tracker;
tell({ ready: { http: http.port, udp: parts.udp.port as number, bytesPerDocument } });
process.on('message', (question: { cpu?: true; search?: number }) => {
  if (question.cpu) tell({ cpu: process.cpuUsage() });
  const { search } = question;
  if (search !== undefined) tell({ searches: QUERY_CLASSES.map((kind) => searchCost(kind, search)) });
});
await once(process, 'disconnect');
process.exit();
