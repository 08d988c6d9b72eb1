import { formatBytes, formatTable } from '../local-swarm/table.ts';
import type { CorpusResult, PagesVerdict } from './corpus-run.ts';

/** The document bytes of a whole run may be this many times those of its files. */
export const MOST_WIRE_BYTES_PER_BYTE = 1.02;

/** One line on one file. */
export function resultLine({ file, outcome, document, md5Equal, pages, hosts }: CorpusResult): string {
  const name = file.file.padEnd(72);
  if (outcome.kind === 'refused') return `${name} refused: ${outcome.code}`;
  if (outcome.kind === 'failed') return `${name} FAILED: ${outcome.why}`;
  const pagesText =
    pages === 'equal'
      ? `${file.pages} pages`
      : `pages ${pages}: ${document?.pages ?? document?.error?.code} here, ${file.pages ?? 'none'} by poppler`;
  return `${name} md5 ${md5Equal ? 'equal' : 'DIFFERENT'}, ${pagesText}, ${hosts} hosts${document?.mapped ? '' : `, linear: ${document?.mapReason}`}`;
}

/** What a whole run came to. */
export interface CorpusSummary {
  readonly accepted: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly failed: number;
  readonly md5Equal: number;
  readonly pages: Readonly<Record<PagesVerdict, number>>;
  readonly mapped: number;
  readonly fileBytes: number;
  readonly wireBytes: number;
  /** True if everything that was accepted arrived whole, page counts agree where both read, and nothing came twice. */
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
  };
  const md5Equal = accepted.filter((result) => result.md5Equal).length;
  const fileBytes = accepted.reduce((sum, { file }) => sum + file.bytes, 0);
  const wireBytes = accepted.reduce((sum, result) => sum + (result.wireBytes ?? 0), 0);
  const holds = failed === 0 && md5Equal === accepted.length && pages.different === 0 && wireBytes <= fileBytes * MOST_WIRE_BYTES_PER_BYTE;
  const mapped = accepted.filter(({ document }) => document?.mapped).length;
  return { accepted: accepted.length, refused, failed, md5Equal, pages, mapped, fileBytes, wireBytes, holds };
}

export function summaryTable(summary: CorpusSummary): string {
  const { accepted, refused, failed, md5Equal, pages, mapped, fileBytes, wireBytes } = summary;
  const rows: [string, string][] = [
    ['accepted', String(accepted)],
    ...[...refused].map(([code, count]): [string, string] => [`refused: ${code}`, String(count)]),
    ['failed', String(failed)],
    ['md5 equal, of those accepted', String(md5Equal)],
    ...Object.entries(pages).map(([verdict, count]): [string, string] => [`pages ${verdict}`, String(count)]),
    ['mapped page by page', String(mapped)],
    ['bytes of the files', formatBytes(fileBytes)],
    ['document bytes on the wire, per byte', fileBytes ? (wireBytes / fileBytes).toFixed(4) : '-'],
  ];
  return formatTable(['what', 'files'], rows, ['files']);
}
