// A tracker with a catalog of the asked size, which tells what its memory, its searches and its changes cost.
import { setImmediate } from 'node:timers/promises';
import { readTrackerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import { peerId, SeededRandom } from '@pageswarm/primitives';
import { startTracker } from '@pageswarm/tracker';
import { CatalogFiller, SAMPLE_HOLDING, SAMPLE_INSPECTION } from './catalog-filler.ts';
import type { CatalogReport, CostLine } from './catalog-report.ts';
import { commonQueryFor, QUERY_CLASSES, queryFor } from './sample-names.ts';
import { WorkWatch } from './work-watch.ts';

const QUERIES = 400;
const PAGE = 20;
const CHANGES = 10_000;
const DOCUMENTS_WITH_WORDS = 20_000;
const PAGES = 200;
const SORTS = ['name', 'size', 'pages', 'added', 'hosts'] as const;
/** The hub of a swarm: what it holds is a tenth of all documents. */
const HUB = peerId('ff'.repeat(20));

const documents = Number(process.argv[2]);
const tracker = await startTracker(
  readTrackerConfig({ PAGESWARM_HTTP_PORT: '0', PAGESWARM_TRANSPORT_PORT: '0' }),
  createLogger({ service: 'tracker', node: 'bench', level: 'silent', format: 'json' }),
);
const { catalog, search } = tracker.parts;
const filler = new CatalogFiller(catalog, documents);

/** Memory of the process, without what only waits to be collected. */
async function residentBytes(): Promise<number> {
  for (let n = 0; n < 3; n++) {
    globalThis.gc?.();
    await setImmediate();
  }
  return process.memoryUsage.rss();
}

function costLine(costs: number[], { longest }: WorkWatch): CostLine {
  costs.sort((a, b) => a - b);
  const at = (share: number) => costs[Math.min(costs.length - 1, Math.floor(share * costs.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), most: longest };
}

/** What the steps cost that are taken until something is done. */
async function stepCosts(isDone: () => boolean): Promise<CostLine> {
  const watch = new WorkWatch();
  const costs: number[] = [];
  while (!isDone()) {
    const end = watch.begin();
    await setImmediate();
    costs.push(end());
  }
  return costLine(costs, watch);
}

/** Each query finds one document for certain, or is made of words that many names have. */
function searchCosts(seed: number) {
  return QUERY_CLASSES.map((kind) => {
    const random = new SeededRandom(seed);
    const watch = new WorkWatch();
    const costs: number[] = [];
    let found = 0;
    for (let n = 0; n < QUERIES; n++) {
      const name = filler.names.nameOf(Math.floor(random.next() * documents));
      const query = queryFor(name, kind, random);
      costs.push(
        watch.measure(() => {
          if (search.search(query, PAGE).records.some((record) => record.name === name)) found++;
        }),
      );
      const common = commonQueryFor(name, kind, random);
      costs.push(watch.measure(() => void search.search(common, PAGE)));
    }
    return { kind, ...costLine(costs, watch), foundShare: found / QUERIES };
  });
}

/** Documents that go and others that come in their place, one at a time. */
async function changeCosts(): Promise<CostLine> {
  const watch = new WorkWatch();
  const costs: number[] = [];
  for (let n = 0; n < CHANGES; n++) {
    const { id } = filler.factsOf((n * 7_919) % documents);
    costs.push(watch.measure(() => void catalog.remove(id)));
    costs.push(watch.measure(() => filler.add(documents + n)));
    if (n % 50 === 0) await setImmediate();
  }
  return costLine(costs, watch);
}

/** Pages of each order, and what it costs to make it when nobody asked for it before. */
async function orderCosts() {
  const lines = [];
  for (const sort of SORTS) {
    const before = process.cpuUsage();
    const made = catalog.prepareOrder(sort);
    const steps = await stepCosts(() => catalog.isOrderReady(sort));
    await made;
    const { user, system } = process.cpuUsage(before);
    const watch = new WorkWatch();
    const costs: number[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 200; page++)
      costs.push(
        watch.measure(() => {
          cursor = search.search('', PAGE, cursor, { sort, isDescending: page % 2 === 0 }).nextCursor ?? undefined;
        }),
      );
    lines.push({ sort, preparedSeconds: (user + system) / 1e6, longestStep: steps.most, ...costLine(costs, watch) });
  }
  return lines;
}

async function leavingCosts(): Promise<CostLine> {
  catalog.setListed(HUB, true);
  for (let n = CHANGES; n < CHANGES + documents / 10; n++) {
    const facts = filler.factsOf(n);
    if (catalog.get(facts.id)) catalog.announce(HUB, facts, SAMPLE_HOLDING);
    if (n % 200 === 0) await setImmediate();
  }
  const watch = new WorkWatch();
  watch.measure(() => catalog.dropPeer(HUB, 0));
  const rest = await stepCosts(() => catalog.countOf(HUB) === 0);
  return { ...rest, most: Math.max(watch.longest, rest.most) };
}

/** Words of pages, counted apart. */
async function bytesPerPage(before: number): Promise<number> {
  const inspection = { ...SAMPLE_INSPECTION, pages: PAGES, words: Array.from({ length: PAGES }, (_, page) => 200 + ((page * 37) % 300)) };
  const count = Math.min(documents, DOCUMENTS_WITH_WORDS);
  for (let n = 0; n < count; n++) {
    catalog.announce(filler.hostOf(n), { ...filler.factsOf(n), inspection }, SAMPLE_HOLDING);
    if (n % 200 === 0) await setImmediate();
  }
  return ((await residentBytes()) - before) / (count * PAGES);
}

async function measured(): Promise<CatalogReport> {
  const empty = await residentBytes();
  const watch = new WorkWatch();
  const building: number[] = [];
  const started = process.cpuUsage();
  await filler.fill((n) => building.push(watch.measure(() => filler.add(n))));
  const { user, system } = process.cpuUsage(started);
  const added = costLine(building.splice(0), watch);
  const full = await residentBytes();
  const perPage = await bytesPerPage(full);
  // The first round only warms the code.
  searchCosts(0);
  return {
    words: search.vocabularySize,
    bytesPerDocument: (full - empty) / documents,
    bytesPerPage: perPage,
    addedUs: (user + system) / documents,
    added,
    searches: searchCosts(1),
    changed: await changeCosts(),
    orders: await orderCosts(),
    leaving: await leavingCosts(),
  };
}

process.send?.(await measured());
process.exit();
