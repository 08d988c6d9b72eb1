import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { type BenchPdf, benchPdfs } from './pdf-files.ts';
import { measureMaps, measureShares, measureViews, type PageMaps, spread } from './pdf-maps.ts';
import { familyCpuSeconds, isInstalled, PDF_RIVALS, rivalCpuSeconds } from './pdf-rivals.ts';
import { atLeast, atMost } from './target.ts';

/** Page maps, words, page views and thumbnails, beside qpdf, poppler and mutool where they are installed. */
export const pdfBench: Bench = {
  name: 'pdf',
  about: 'page maps, words, page views and thumbnails, beside qpdf, pdftotext and mutool where they are installed',
  run,
};

const INSPECTION_LIMIT_MS = 300_000;

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
      ...(await measureShares(files, maps)),
      ...(await measureViews(files, maps)),
      ...(await measureWorker(files, texts, tell)),
      ...(await measureRivals(texts, pagesOf(texts, maps), tell)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    const inspected = `${texts.length} files, ${pages} pages; the pdf-worker with its children, page map and transport included; ${atLeast(pages / used, 400, 'pages/CPU s')}`;
    return [
      { what: 'words, pdf-worker', unit: 'pages/CPU s', runs: [pages / used], note: inspected },
      { what: 'page view over HTTP', unit: 'ms', runs: [median(views)], note: `median of ${views.length} pages, peer and pdf-worker` },
      {
        what: 'thumbnail over HTTP, warm',
        unit: 'ms',
        runs: [median(pictures)],
        note: `200 px, median of ${pictures.length} pages; ${atMost(median(pictures), 30, 'ms')}`,
      },
    ];
  });
}

async function measureRivals(files: readonly BenchPdf[], pages: number, tell: Tell): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const rival of PDF_RIVALS.filter(({ work }) => work === 'text')) {
    if (!(await isInstalled(rival))) {
      tell(`${rival.name} is not installed`);
      continue;
    }
    const seconds =
      (await rivalCpuSeconds(
        rival,
        files.map(({ path }) => path),
      )) ?? Number.NaN;
    tell(`${rival.name}: ${seconds.toFixed(2)} s of processor time`);
    const note = `${rival.name} ${rival.args('FILE').join(' ')}, start of the process included`;
    measurements.push({ what: `text, ${rival.name}`, unit: 'pages/CPU s', runs: [pages / seconds], note });
  }
  return measurements;
}

function pagesOf(files: readonly BenchPdf[], maps: PageMaps): number {
  return files.reduce((sum, file) => sum + (maps.get(file)?.pageCount ?? 0), 0);
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
