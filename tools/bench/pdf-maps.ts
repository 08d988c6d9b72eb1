import { buildPageMap, encodePageMap, generatePageView, type PageMap } from '@pageswarm/page-map';
import { choosePieceLength, MemoryByteSource } from '@pageswarm/primitives';
import { type Measurement, median } from './bench.ts';
import { optimalPageShare, pageShare } from './page-share.ts';
import type { BenchPdf } from './pdf-files.ts';
import { isInstalled, PDF_RIVALS, rivalCpuSeconds } from './pdf-rivals.ts';
import { atLeast, atMost } from './target.ts';

const ROUNDS = 3;
/** Documents from this size on count as long manuals. */
const LONG_MANUAL_BYTES = 1_000_000;
/** Pages of a document of which views are timed. */
const TIMED_PAGES = 12;
const MEGABYTE = 1_000_000;

export type PageMaps = ReadonlyMap<BenchPdf, PageMap>;

/** Maps of every file, round by round beside programs that read cross-reference data too. */
export async function measureMaps(files: readonly BenchPdf[], tell: (line: string) => void) {
  const maps = new Map<BenchPdf, PageMap>();
  // The book is pictures, whose bytes are never looked at: with it every figure would be of skipping.
  const read = files.filter(({ kind }) => kind !== 'book');
  const megabytes = read.reduce((sum, { bytes }) => sum + bytes.length, 0) / MEGABYTE;
  const rivals = [];
  for (const rival of PDF_RIVALS.filter(({ work }) => work === 'structure'))
    if (await isInstalled(rival)) rivals.push({ rival, cpuMs: [] as number[] });
    else tell(`${rival.name} is not installed`);
  for (const file of files) maps.set(file, await mapOf(file));
  const cpuMs: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const used = process.cpuUsage();
    for (const file of read) await mapOf(file);
    const { user, system } = process.cpuUsage(used);
    cpuMs.push((user + system) / 1_000);
    for (const each of rivals)
      each.cpuMs.push(
        1_000 *
          ((await rivalCpuSeconds(
            each.rival,
            read.map(({ path }) => path),
          )) ?? Number.NaN),
      );
    tell(`page map, round ${round}: ${(cpuMs.at(-1) as number).toFixed(0)} ms of processor time`);
  }
  const rates = cpuMs.map((ms) => (1_000 * megabytes) / ms);
  const shares = [...maps].filter(([, { mapped }]) => mapped).map(([{ bytes }, map]) => (100 * encodePageMap(map).length) / bytes.length);
  const measurements: Measurement[] = [
    {
      what: 'page map',
      unit: 'MB/CPU s',
      runs: rates,
      note: `${read.length} files, ${megabytes.toFixed(0)} MB, in memory, warm; ${atLeast(median(rates), 50, 'MB/s')}`,
    },
    { what: 'page map, processor time of all files', unit: 'ms', runs: cpuMs, note: 'without the start of the process' },
  ];
  for (const { rival, cpuMs: theirs } of rivals) {
    const command = `${rival.name} ${rival.args('FILE').join(' ')}`;
    measurements.push({ what: `${command}, all files`, unit: 'ms', runs: theirs, note: 'start of the process included' });
    const ratios = cpuMs.map((ms, round) => ms / (theirs[round] as number));
    const target = rival.name === 'qpdf' ? atMost(median(ratios), 2, 'x') : undefined;
    measurements.push({ what: `page map against ${rival.name}`, unit: 'x', runs: ratios, note: target });
  }
  const encoded = median(shares);
  measurements.push({ what: 'encoded page map, median of files', unit: '% of file', runs: [encoded], note: atMost(encoded, 0.2, '%') });
  return { maps, measurements };
}

function mapOf({ bytes }: BenchPdf): Promise<PageMap> {
  return buildPageMap(new MemoryByteSource(bytes), { pieceLength: choosePieceLength(bytes.length) });
}

/** What is fetched to show a random page, and how far that is from the least that pieces aligned to the file allow. */
export async function measureShares(files: readonly BenchPdf[], maps: PageMaps): Promise<Measurement[]> {
  const shares = new Map<BenchPdf, number>();
  const ratios = new Map<BenchPdf, number>();
  for (const file of files) {
    const map = maps.get(file);
    if (!map?.mapped) continue;
    const share = pageShare(map);
    shares.set(file, share);
    ratios.set(file, share / (await optimalPageShare(new MemoryByteSource(file.bytes), map)));
  }
  const isLong = ({ bytes }: BenchPdf) => bytes.length >= LONG_MANUAL_BYTES;
  const manuals = [...shares.keys()].filter(({ kind }) => kind === 'manual');
  const rows: Measurement[] = [];
  const add = (what: string, group: readonly BenchPdf[], numbers: ReadonlyMap<BenchPdf, number>, unit: string, most?: number) => {
    const found = group.map((file) => numbers.get(file) as number);
    if (found.length === 0) return;
    const kind = found.length > 1 ? `median of ${found.length} files, the highest ${Math.max(...found).toFixed(2)}` : '';
    const notes = [kind, most === undefined ? '' : atMost(median(found), most, unit.replace(' of file', ''))];
    rows.push({ what, unit, runs: [median(found)], note: notes.filter(Boolean).join('; ') });
  };
  for (const file of shares.keys()) {
    if (file.kind === 'book') add(`fetched for a random page: ${file.name}`, [file], shares, '% of file', 2);
    if (file.kind === 'sample') add(`fetched for a random page: ${file.name}`, [file], shares, '% of file');
  }
  add('fetched for a random page: manuals from 1 MB', manuals.filter(isLong), shares, '% of file', 18);
  const short = manuals.filter((file) => !isLong(file));
  add('fetched for a random page: shorter manuals', short, shares, '% of file');
  add('the same, against the file-aligned optimum', short, ratios, 'x', 1.1);
  return rows;
}

/** Page views made in this process, all bytes at hand. */
export async function measureViews(files: readonly BenchPdf[], maps: PageMaps): Promise<Measurement[]> {
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
  const note = `median of ${times.length} pages; ${atMost(median(times), 5, 'ms')}`;
  return [{ what: 'page view, its bytes at hand', unit: 'ms', runs: [median(times)], note }];
}

/** Page numbers from 1, evenly spread. */
export function spread(pages: number): number[] {
  const count = Math.min(pages, TIMED_PAGES);
  return Array.from({ length: count }, (_, index) => 1 + Math.floor((index * pages) / count));
}
