import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildPageMap, encodePageMap, generatePageView, type PageMap } from '@pageswarm/page-map';
import { choosePieceLength, MemoryByteSource } from '@pageswarm/primitives';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { pageShare } from './page-share.ts';
import { type BenchPdf, benchPdfs } from './pdf-files.ts';
import { familyCpuSeconds, isInstalled, PDF_RIVALS, rivalCpuSeconds } from './pdf-rivals.ts';

/** Page maps, words, page views and thumbnails, beside qpdf, poppler and mutool where they are installed. */
export const pdfBench: Bench = {
  name: 'pdf',
  about: 'page maps, words, page views and thumbnails, beside qpdf, pdftotext and mutool where they are installed',
  run,
};

const ROUNDS = 3;
/** Documents from this size on count as long manuals. */
const LONG_MANUAL_BYTES = 1_000_000;
/** Pages of a document of which views and thumbnails are timed. */
const TIMED_PAGES = 12;
const INSPECTION_LIMIT_MS = 300_000;
const MEGABYTE = 1_000_000;

type Tell = (line: string) => void;

async function run(tell: Tell): Promise<Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-pdf-bench-'));
  try {
    const files = await benchPdfs(folder);
    const manuals = files.filter(({ kind }) => kind === 'manual');
    if (manuals.length === 0) tell('no corpus folder beside the checkout: the samples alone are measured');
    const texts = manuals.length > 0 ? manuals : files.filter(({ kind }) => kind === 'sample');
    const { maps, measurements } = await measureMaps(files, tell);
    return [
      ...measurements,
      ...measureShares(files, maps),
      ...(await measureViews(files, maps)),
      ...(await measureRivals(files, 'structure', undefined, tell)),
      ...(await measureWorker(files, texts, tell)),
      ...(await measureRivals(texts, 'text', pagesOf(texts, maps), tell)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Maps of every file; of the rounds the first is warmer than a process that has just started, and colder than the others. */
async function measureMaps(files: readonly BenchPdf[], tell: Tell) {
  const maps = new Map<BenchPdf, PageMap>();
  // The book is pictures, whose bytes are never looked at: with it every figure would be of skipping.
  const read = files.filter(({ kind }) => kind !== 'book');
  const bytes = read.reduce((sum, file) => sum + file.bytes.length, 0);
  const [rates, cpu]: [number[], number[]] = [[], []];
  for (const file of files) maps.set(file, await mapOf(file));
  for (let round = 1; round <= ROUNDS; round++) {
    const [started, used] = [performance.now(), process.cpuUsage()];
    for (const file of read) await mapOf(file);
    const { user, system } = process.cpuUsage(used);
    rates.push(bytes / MEGABYTE / ((performance.now() - started) / 1_000));
    cpu.push((user + system) / 1_000);
    tell(`page map, round ${round}: ${(rates.at(-1) as number).toFixed(0)} MB/s`);
  }
  const encoded = [...maps].map(([{ bytes }, map]) => (100 * encodePageMap(map).length) / bytes.length);
  const note = `${read.length} files, ${(bytes / MEGABYTE).toFixed(0)} MB, in memory`;
  const measurements: Measurement[] = [
    { what: 'page map', unit: 'MB/s', runs: rates, note },
    { what: 'page map, processor time of all files', unit: 'ms', runs: cpu, note: 'without the start of the process' },
    { what: 'encoded page map, median of files', unit: '% of file', runs: [median(encoded)] },
  ];
  return { maps, measurements };
}

function mapOf({ bytes }: BenchPdf): Promise<PageMap> {
  return buildPageMap(new MemoryByteSource(bytes), { pieceLength: choosePieceLength(bytes.length) });
}

function measureShares(files: readonly BenchPdf[], maps: ReadonlyMap<BenchPdf, PageMap>): Measurement[] {
  const share = (file: BenchPdf) => pageShare(maps.get(file) as PageMap);
  const single = files.filter(({ kind }) => kind !== 'manual').map((file) => ({ what: file.name, shares: [share(file)] }));
  const manuals = files.filter(({ kind }) => kind === 'manual');
  const groups = [
    { what: 'manuals from 1 MB', shares: manuals.filter(({ bytes }) => bytes.length >= LONG_MANUAL_BYTES).map(share) },
    { what: 'shorter manuals', shares: manuals.filter(({ bytes }) => bytes.length < LONG_MANUAL_BYTES).map(share) },
  ].filter(({ shares }) => shares.length > 0);
  return [...single, ...groups].map(({ what, shares }) => ({
    what: `fetched for a random page: ${what}`,
    unit: '% of file',
    runs: [median(shares)],
    note: shares.length > 1 ? `median of ${shares.length} files` : undefined,
  }));
}

/** Page views made in this process, all bytes at hand. */
async function measureViews(files: readonly BenchPdf[], maps: ReadonlyMap<BenchPdf, PageMap>): Promise<Measurement[]> {
  const times: number[] = [];
  for (const file of files) {
    const map = maps.get(file) as PageMap;
    if (!map.mapped) continue;
    const source = new MemoryByteSource(file.bytes);
    for (const page of spread(map.pageCount)) {
      const started = performance.now();
      await generatePageView(source, page - 1, { map });
      times.push(performance.now() - started);
    }
  }
  return [{ what: 'page view, its bytes at hand', unit: 'ms', runs: [median(times)], note: `median of ${times.length} pages` }];
}

/** What a whole pdf-worker needs, asked by a peer as people ask it. */
function measureWorker(files: readonly BenchPdf[], texts: readonly BenchPdf[], tell: Tell): Promise<Measurement[]> {
  return withTemporarySwarm(1, async (swarm) => {
    const [peer, worker] = [swarm.peer(1), swarm.process('pdf-worker').pid as number];
    const documents = new Map<BenchPdf, { readonly id: string; readonly pages: number }>();
    const before = familyCpuSeconds(worker);
    for (const file of texts) {
      const { id, pages } = await peer.addInspected(basename(file.path), file.path, INSPECTION_LIMIT_MS);
      documents.set(file, { id, pages: pages ?? 0 });
    }
    const used = (familyCpuSeconds(worker) ?? Number.NaN) - (before ?? Number.NaN);
    const pages = [...documents.values()].reduce((sum, document) => sum + document.pages, 0);
    tell(`words of ${pages} pages: ${used.toFixed(2)} s of processor time`);
    const sample = files.find(({ kind }) => kind === 'sample') as BenchPdf;
    const shown = documents.get(sample) ?? (await peer.addInspected(basename(sample.path), sample.path, INSPECTION_LIMIT_MS));
    const numbers = spread(shown.pages ?? 1);
    await peer.picture(shown.id, 1, 200);
    const pictures = await timesOf(numbers, (page) => peer.picture(shown.id, page, 200));
    const views = await timesOf(numbers, (page) => peer.page(shown.id, String(page)));
    const inspected = `${texts.length} files, ${pages} pages; the pdf-worker with its children, page map and transport included`;
    return [
      { what: 'words, pdf-worker', unit: 'pages/CPU s', runs: [pages / used], note: inspected },
      { what: 'page view over HTTP', unit: 'ms', runs: [median(views)], note: `median of ${views.length} pages, peer and pdf-worker` },
      { what: 'thumbnail over HTTP, warm', unit: 'ms', runs: [median(pictures)], note: `200 px, median of ${pictures.length} pages` },
    ];
  });
}

async function measureRivals(
  files: readonly BenchPdf[],
  work: 'structure' | 'text',
  pages: number | undefined,
  tell: Tell,
): Promise<Measurement[]> {
  const paths = files.filter(({ kind }) => kind !== 'book').map(({ path }) => path);
  const measurements: Measurement[] = [];
  for (const rival of PDF_RIVALS.filter((each) => each.work === work)) {
    if (!(await isInstalled(rival))) {
      tell(`${rival.name} is not installed`);
      continue;
    }
    const seconds = (await rivalCpuSeconds(rival, paths)) ?? Number.NaN;
    tell(`${rival.name}: ${seconds.toFixed(2)} s of processor time`);
    const command = `${rival.name} ${rival.args('FILE').join(' ')}, start of the process included`;
    measurements.push(
      pages === undefined
        ? { what: `${rival.name}, processor time of all files`, unit: 'ms', runs: [seconds * 1_000], note: command }
        : { what: `text, ${rival.name}`, unit: 'pages/CPU s', runs: [pages / seconds], note: command },
    );
  }
  return measurements;
}

function pagesOf(files: readonly BenchPdf[], maps: ReadonlyMap<BenchPdf, PageMap>): number {
  return files.reduce((sum, file) => sum + (maps.get(file) as PageMap).pageCount, 0);
}

/** Page numbers from 1, evenly spread. */
function spread(pages: number): number[] {
  const count = Math.min(pages, TIMED_PAGES);
  return Array.from({ length: count }, (_, index) => 1 + Math.floor((index * pages) / count));
}

async function timesOf(pages: readonly number[], action: (page: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (const page of pages) {
    const started = performance.now();
    await action(page);
    times.push(performance.now() - started);
  }
  return times;
}
