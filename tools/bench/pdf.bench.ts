import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerClient } from '../local-swarm/peer.client.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { type BenchPdf, benchPdfs } from './pdf-files.ts';
import { measureMaps, measureShares, measureViews, type PageMaps, spread } from './pdf-maps.ts';
import { isInstalled, PDF_RIVALS, rivalCpuSeconds } from './pdf-rivals.ts';
import { INSPECTION_LIMIT_MS, measureWordDifferences, measureWords } from './pdf-words.ts';
import { atMost } from './target.ts';

/** Page maps, words, page views and thumbnails, beside qpdf, poppler and mutool where they are installed. */
export const pdfBench: Bench = {
  name: 'pdf',
  about: 'page maps, words, page views and thumbnails, beside qpdf, pdftotext and mutool where they are installed',
  run,
};

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
      ...(await withTemporarySwarm(1, (swarm) => measureWordDifferences(swarm.peer(1), tell))),
      ...(await measureRivals(texts, pagesOf(texts, maps), tell)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a whole pdf-worker needs, asked by a peer as people ask it. */
function measureWorker(files: readonly BenchPdf[], texts: readonly BenchPdf[], tell: Tell): Promise<Measurement[]> {
  return withTemporarySwarm(1, async (swarm) => {
    const peer = swarm.peer(1);
    const words = await measureWords(peer, swarm.process('pdf-worker').pid as number, texts, tell);
    const sample = files.find(({ kind }) => kind === 'sample') as BenchPdf;
    const longest = texts.reduce((one, other) => (other.bytes.length > one.bytes.length ? other : one));
    return [...words, ...(await measurePages(peer, 'a sample', sample)), ...(await measurePages(peer, 'the largest manual', longest))];
  });
}

/** Pages of a document as a PDF and as pictures, the processes warm. */
async function measurePages(peer: PeerClient, which: string, { bytes }: BenchPdf): Promise<Measurement[]> {
  const content = Buffer.concat([bytes, Buffer.from(`\n% ${which} is shown\n`)]);
  const { id, pages } = await peer.addInspected(`${which}.pdf`, content, INSPECTION_LIMIT_MS);
  const numbers = spread(pages ?? 1);
  await peer.picture(id, 1, 200);
  const pictures = await timesOf(numbers, (page) => peer.picture(id, page, 200));
  const views = await timesOf(numbers, (page) => peer.page(id, String(page)));
  const shown = `median of ${numbers.length} pages, peer and pdf-worker`;
  return [
    { what: `page view over HTTP: ${which}`, unit: 'ms', runs: [median(views)], note: shown },
    {
      what: `thumbnail over HTTP, warm: ${which}`,
      unit: 'ms',
      runs: [median(pictures)],
      note: `200 px, ${shown}; ${atMost(median(pictures), 30, 'ms')}`,
    },
  ];
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
