import { formatBytes, formatTable } from '../local-swarm/table.ts';
import type { CorpusResult, PagesVerdict } from './corpus-run.ts';
import type { ViewVerdict } from './page-views.ts';

/** The document bytes of a whole run may be this many times those of its files. */
export const MOST_WIRE_BYTES_PER_BYTE = 1.02;

/** One line on one file. */
export function resultLine({ file, outcome, document, md5Equal, pages, hosts, views, elapsedMs }: CorpusResult): string {
  const name = file.file.padEnd(72);
  if (outcome.kind === 'refused') return `${name} refused: ${outcome.code}`;
  if (outcome.kind === 'failed') return `${name} FAILED: ${outcome.why}`;
  const pagesText =
    pages === 'equal'
      ? `${file.pages} pages`
      : pages === 'not compared'
        ? `${document?.pages ?? document?.error?.code} pages`
        : `pages ${pages}: ${document?.pages ?? document?.error?.code} here, ${file.pages ?? 'none'} by poppler`;
  const map = document?.mapped ? 'mapped' : `linear: ${document?.mapReason}`;
  const parts = [`md5 ${md5Equal ? 'equal' : 'DIFFERENT'}`, pagesText, `${hosts} hosts`, map, ...(views ? [viewsText(views)] : [])];
  return `${name} ${parts.join(', ')}${elapsedMs === undefined ? '' : `, ${Math.round(elapsedMs)} ms`}`;
}

function viewsText({ equal, different, refused, unreadable }: ViewVerdict): string {
  const texts = [`${equal} views equal`];
  if (different.length > 0) texts.push(`view DIFFERENT: page ${different.join(', ')}`);
  if (refused.length > 0) texts.push(`view REFUSED: ${refused.map(({ page, code }) => `page ${page} ${code}`).join(', ')}`);
  if (unreadable > 0) texts.push(`${unreadable} pages unreadable in the original`);
  return texts.join(', ');
}

/** What a whole run came to. */
export interface CorpusSummary {
  readonly accepted: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly failed: number;
  readonly md5Equal: number;
  readonly pages: Readonly<Record<PagesVerdict, number>>;
  readonly mapped: number;
  /** Sampled pages, by what became of their views. */
  readonly views: Readonly<Record<'equal' | 'different' | 'refused' | 'unreadable', number>>;
  /** The middle and the longest time of an accepted file, in milliseconds. */
  readonly elapsedMs: { readonly median: number; readonly longest: number } | undefined;
  readonly fileBytes: number;
  readonly wireBytes: number;
  /** True if everything accepted arrived whole, page counts and page texts agree where both read, and nothing came twice. */
  readonly holds: boolean;
}

export function summarize(results: readonly CorpusResult[]): CorpusSummary {
  const accepted = results.filter(({ outcome }) => outcome.kind === 'accepted');
  const refused = new Map<string, number>();
  for (const { outcome } of results) if (outcome.kind === 'refused') refused.set(outcome.code, (refused.get(outcome.code) ?? 0) + 1);
  const failed = results.filter(({ outcome }) => outcome.kind === 'failed').length;
  const count = (verdict: PagesVerdict) => accepted.filter(({ pages }) => pages === verdict).length;
  const pages = {
    equal: count('equal'),
    different: count('different'),
    'unreadable here': count('unreadable here'),
    'unreadable to poppler': count('unreadable to poppler'),
    'not compared': count('not compared'),
  };
  const md5Equal = accepted.filter((result) => result.md5Equal).length;
  const fileBytes = accepted.reduce((sum, { file }) => sum + file.bytes, 0);
  const wireBytes = accepted.reduce((sum, result) => sum + (result.wireBytes ?? 0), 0);
  const sampled = accepted.flatMap((result) => (result.views ? [result.views] : []));
  const sum = (count: (verdict: ViewVerdict) => number) => sampled.reduce((total, verdict) => total + count(verdict), 0);
  const views = {
    equal: sum((verdict) => verdict.equal),
    different: sum((verdict) => verdict.different.length),
    refused: sum((verdict) => verdict.refused.length),
    unreadable: sum((verdict) => verdict.unreadable),
  };
  const times = accepted.flatMap((result) => (result.elapsedMs === undefined ? [] : [result.elapsedMs])).sort((a, b) => a - b);
  const [middle, longest] = [times[Math.floor(times.length / 2)], times.at(-1)];
  const elapsedMs = middle === undefined || longest === undefined ? undefined : { median: middle, longest };
  const agree = pages.different === 0 && views.different === 0 && views.refused === 0;
  const holds = failed === 0 && md5Equal === accepted.length && agree && wireBytes <= fileBytes * MOST_WIRE_BYTES_PER_BYTE;
  const mapped = accepted.filter(({ document }) => document?.mapped).length;
  return { accepted: accepted.length, refused, failed, md5Equal, pages, mapped, views, elapsedMs, fileBytes, wireBytes, holds };
}

export function summaryTable(summary: CorpusSummary): string {
  const { accepted, refused, failed, md5Equal, pages, mapped, views, elapsedMs, fileBytes, wireBytes } = summary;
  const rows: [string, string][] = [
    ['accepted', String(accepted)],
    ...[...refused].map(([code, count]): [string, string] => [`refused: ${code}`, String(count)]),
    ['failed', String(failed)],
    ['md5 equal, of those accepted', String(md5Equal)],
    ...Object.entries(pages).map(([verdict, count]): [string, string] => [`pages ${verdict}`, String(count)]),
    ['mapped page by page', String(mapped)],
    ['linear', String(accepted - mapped)],
    ...Object.entries(views).map(([verdict, count]): [string, string] => [`sampled page views: text ${verdict}`, String(count)]),
    ...(elapsedMs
      ? ([
          ['time of a file, median ms', elapsedMs.median.toFixed(0)],
          ['time of a file, longest ms', elapsedMs.longest.toFixed(0)],
        ] as [string, string][])
      : []),
    ['bytes of the files', formatBytes(fileBytes)],
    ['document bytes on the wire, per byte', fileBytes ? (wireBytes / fileBytes).toFixed(4) : '-'],
  ];
  return formatTable(['what', 'files'], rows, ['files']);
}
