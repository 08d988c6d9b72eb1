import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { type CorpusFile, findCorpus, readManifest } from '../corpus/manifest.ts';
import type { PeerClient } from '../local-swarm/peer.client.ts';
import { RestProblem } from '../local-swarm/rest-client.ts';
import { type Measurement, median } from './bench.ts';
import type { BenchPdf } from './pdf-files.ts';
import { familyCpuSeconds, isInstalled, PDF_RIVALS } from './pdf-rivals.ts';
import { atLeast, atMost } from './target.ts';

/** How long an inspection may take, in milliseconds. */
export const INSPECTION_LIMIT_MS = 300_000;
/** How often the manuals are read by a pdf-worker that has read them before. */
const WARM_ROUNDS = 2;
/** Pages with fewer words than this, here and there, say nothing about counting. */
const MIN_COMPARED_WORDS = 5;
/** Pages of each file that are compared, the first ones: otherwise one long manual would be most of them. */
const COMPARED_PAGES = 20;
/** Files with a page that is further away than this are told by name, in percent. */
const FAR_PERCENT = 4;
/** Where a corpus keeps real manuals; most of its other files were made to be odd. */
const MANUALS = 'docs/';
const FILE_LIMIT_MS = 60_000;

type Tell = (line: string) => void;

/** Pages per second of processor time: of processes that have just started, and of those that have done it before. */
export async function measureWords(peer: PeerClient, workerPid: number, files: readonly BenchPdf[], tell: Tell): Promise<Measurement[]> {
  const rates: number[] = [];
  let pages = 0;
  for (let round = 0; round <= WARM_ROUNDS; round++) {
    const before = familyCpuSeconds(workerPid) ?? Number.NaN;
    pages = 0;
    for (const { path, bytes } of files) {
      // The same pages in another document: a comment at its end, and nobody has inspected it yet.
      const content = round === 0 ? bytes : Buffer.concat([bytes, Buffer.from(`\n% round ${round}\n`)]);
      pages += (await peer.addInspected(`${round} ${basename(path)}`, content, INSPECTION_LIMIT_MS)).pages ?? 0;
    }
    const used = (familyCpuSeconds(workerPid) ?? Number.NaN) - before;
    tell(`words of ${pages} pages, round ${round}: ${used.toFixed(2)} s of processor time`);
    rates.push(pages / used);
  }
  const [first, ...warm] = rates as [number, ...number[]];
  const what = `${files.length} files, ${pages} pages; the pdf-worker with its children: page map, texts, outline and transport included`;
  return [
    { what: 'words, pdf-worker, just started', unit: 'pages/CPU s', runs: [first], note: `the same, compiling PDFium included` },
    { what: 'words, pdf-worker, warm', unit: 'pages/CPU s', runs: warm, note: `${what}; ${atLeast(median(warm), 400, 'pages/CPU s')}` },
  ];
}

/** A file of the corpus, and how far the words of each of its pages are from those of pdftotext, in percent of the more. */
interface ComparedFile {
  readonly file: string;
  readonly differences: readonly number[];
}

/**
 * How far words of pages are from those of pdftotext, over all files of the corpus that both can read.
 * @param peer to which no document was added before
 */
export async function measureWordDifferences(peer: PeerClient, tell: Tell): Promise<Measurement[]> {
  const corpus = findCorpus();
  const pdftotext = PDF_RIVALS.find(({ name }) => name === 'pdftotext');
  if (!corpus || !pdftotext || !(await isInstalled(pdftotext))) {
    tell('words are not compared: that needs a corpus folder beside the checkout and pdftotext');
    return [];
  }
  const compared: ComparedFile[] = [];
  const leftOut: string[] = [];
  for (const file of readManifest(corpus)) {
    const [ours, theirs] = await Promise.all([wordsHere(peer, file), wordsOfPdftotext(file.path)]);
    if (ours?.length === theirs.length) compared.push({ file: file.file, differences: differencesOf(ours, theirs) });
    else if (ours || theirs.length > 0) leftOut.push(file.file);
  }
  if (leftOut.length > 0) tell(`words not compared, for one of the two cannot read them: ${leftOut.join(', ')}`);
  const far = compared.filter(({ differences }) => differences.some((difference) => difference > FAR_PERCENT));
  tell(`words differ by more than ${FAR_PERCENT} % on a page of: ${far.map(({ file }) => file).join(', ')}`);
  const manuals = compared.filter(({ file }) => file.startsWith(MANUALS));
  return [...differenceLines('all', compared), ...differenceLines('manuals alone', manuals)];
}

function differencesOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.slice(0, COMPARED_PAGES).flatMap((words, page) => {
    const most = Math.max(words, theirs[page] as number);
    return most >= MIN_COMPARED_WORDS ? [(100 * Math.abs(words - (theirs[page] as number))) / most] : [];
  });
}

function differenceLines(which: string, files: readonly ComparedFile[]): Measurement[] {
  const differences = files.flatMap((file) => file.differences).sort((a, b) => a - b);
  const [middle, high] = [median(differences), differences[Math.floor(0.9 * differences.length)] ?? Number.NaN];
  const note = `${differences.length} pages of ${files.length} files, at most the first ${COMPARED_PAGES} of each`;
  return [
    { what: `words beside pdftotext, median difference: ${which}`, unit: '%', runs: [middle], note: `${note}; ${atMost(middle, 0, '%')}` },
    { what: `words beside pdftotext, 90th percentile: ${which}`, unit: '%', runs: [high], note: `${note}; ${atMost(high, 4, '%')}` },
  ];
}

async function wordsHere(peer: PeerClient, { file, path }: CorpusFile): Promise<readonly number[] | null> {
  try {
    return (await peer.addInspected(file.replaceAll('/', ' '), path, INSPECTION_LIMIT_MS)).words;
  } catch (error) {
    // Some files of a corpus are no PDFs; a document that is here already has been compared under another name.
    if (error instanceof RestProblem && ['NOT_A_PDF', 'DOCUMENT_EXISTS'].includes(error.code)) return null;
    throw error;
  }
}

/** Whitespace-separated tokens of each page; none if it cannot read the file. */
function wordsOfPdftotext(path: string): Promise<number[]> {
  return new Promise((resolve) => {
    const child = spawn('pdftotext', [path, '-'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: FILE_LIMIT_MS });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    child.once('error', () => resolve([]));
    // A form feed ends each page.
    child.once('close', () =>
      resolve(
        text
          .split('\f')
          .slice(0, -1)
          .map((page) => page.split(/\s+/).filter(Boolean).length),
      ),
    );
  });
}
