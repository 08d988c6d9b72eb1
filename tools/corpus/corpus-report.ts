import { formatBytes, formatTable } from '../local-swarm/table.ts';
import type { CorpusResult } from './corpus-run.ts';
import type { CorpusSummary } from './corpus-summary.ts';
import type { ViewFault, ViewVerdict } from './page-views.ts';

/** One line on one file. */
export function resultLine({ file, outcome, document, md5Equal, pages, hosts, map, views, elapsedMs }: CorpusResult): string {
  const name = file.file.padEnd(72);
  if (outcome.kind === 'refused') return `${name} refused: ${outcome.code}`;
  if (outcome.kind === 'failed') return `${name} FAILED: ${outcome.why}`;
  const pagesText =
    pages === 'equal'
      ? `${file.pages} pages`
      : pages === 'not compared'
        ? `${document?.pages ?? document?.error?.code} pages`
        : `pages ${pages}: ${document?.pages ?? document?.error?.code} here, ${file.pages ?? 'none'} by poppler`;
  const mapText = document?.mapped ? `mapped${map?.rebuilt ? ' after a scan' : ''}` : `linear: ${document?.mapReason}`;
  const parts = [`md5 ${md5Equal ? 'equal' : 'DIFFERENT'}`, pagesText, `${hosts} hosts`, mapText];
  if (map?.encrypted) parts.push('encrypted');
  if (views) parts.push(...viewTexts(views));
  if (elapsedMs !== undefined) parts.push(`${Math.round(elapsedMs)} ms`);
  return `${name} ${parts.join(', ')}`;
}

function viewTexts({ equal, text, pixels, refused, complaints, unreadable, together }: ViewVerdict): string[] {
  const faults = (list: readonly ViewFault[]) => list.map(({ page, what }) => `page ${page} ${what}`).join(', ');
  const texts = [`${equal} views equal`];
  if (text.length > 0) texts.push(`text DIFFERENT: page ${text.join(', ')}`);
  if (pixels.length > 0) texts.push(`pixels DIFFERENT: page ${pixels.join(', ')}`);
  if (refused.length > 0) texts.push(`view REFUSED: ${faults(refused)}`);
  if (complaints.length > 0) texts.push(`COMPLAINTS: ${faults(complaints)}`);
  if (unreadable > 0) texts.push(`${unreadable} pages unreadable in the original`);
  if (together !== undefined) texts.push(together === 'equal' ? 'together too' : `together DIFFERENT: ${together}`);
  return texts;
}

export function summaryTable(summary: CorpusSummary): string {
  const { accepted, refused, failed, md5Equal, pages, mapped, counted, rebuilt, mapPercent, views, encrypted, elapsedMs } = summary;
  const rows: [string, string][] = [
    ['accepted', String(accepted)],
    ...[...refused].map(([code, count]): [string, string] => [`refused: ${code}`, String(count)]),
    ['failed', String(failed)],
    ['md5 equal, of those accepted', String(md5Equal)],
    ...Object.entries(pages).map(([verdict, count]): [string, string] => [`pages ${verdict}`, String(count)]),
    ['mapped page by page', String(mapped)],
    ['mapped as poppler counts, %', counted.byPoppler ? ((100 * counted.mappedAlike) / counted.byPoppler).toFixed(1) : '-'],
    ['mapped after a scan', String(rebuilt)],
    ['linear', String(accepted - mapped)],
    ['page map, median % of the file', mapPercent?.toFixed(3) ?? '-'],
    ...Object.entries(views).map(([verdict, count]): [string, string] => [viewRow(verdict), String(count)]),
    ['encrypted', String(encrypted.documents)],
    ...Object.entries(encrypted.views)
      .filter(([verdict, count]) => verdict === 'equal' || count > 0)
      .map(([verdict, count]): [string, string] => [`encrypted, ${viewRow(verdict)}`, String(count)]),
    ...(elapsedMs
      ? ([
          ['time of a file, median ms', elapsedMs.median.toFixed(0)],
          ['time of a file, longest ms', elapsedMs.longest.toFixed(0)],
        ] as [string, string][])
      : []),
    ['bytes of the files', formatBytes(summary.fileBytes)],
    ['document bytes on the wire, per byte', summary.fileBytes ? (summary.wireBytes / summary.fileBytes).toFixed(4) : '-'],
  ];
  return formatTable(['what', 'files'], rows, ['files']);
}

function viewRow(verdict: string): string {
  return verdict.startsWith('together') ? `sampled pages ${verdict}` : `page views ${verdict}`;
}
