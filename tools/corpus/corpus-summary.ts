import type { CorpusResult, PagesVerdict } from './corpus-run.ts';
import type { ViewVerdict } from './page-views.ts';

/** The document bytes of a whole run may be this many times those of its files. */
export const MOST_WIRE_BYTES_PER_BYTE = 1.02;
/** Of the files that poppler counts the pages of, so many must be mapped with the same count, in percent. */
export const LEAST_MAPPED_PERCENT = 99.5;
/** Half of the page maps, of files that are not tiny, may take more than this share of their file, in percent. */
export const MOST_MAP_PERCENT = 0.2;
/** A map has some ten bytes however small its file is: smaller files do not count for the size of maps, in bytes. */
export const LEAST_BYTES_FOR_MAP_SIZE = 100_000;

/** Sampled pages by what became of their views, and documents by what became of several pages in one PDF. */
export interface ViewTotals {
  readonly equal: number;
  readonly 'text different': number;
  readonly 'pixels different': number;
  readonly refused: number;
  readonly 'complained about': number;
  readonly 'unreadable in the original': number;
  readonly 'together equal': number;
  readonly 'together different': number;
}

/** What a whole run came to. */
export interface CorpusSummary {
  readonly accepted: number;
  readonly refused: ReadonlyMap<string, number>;
  readonly failed: number;
  readonly md5Equal: number;
  readonly pages: Readonly<Record<PagesVerdict, number>>;
  readonly mapped: number;
  /** Files whose pages poppler counts, and those of them that are mapped with the same count. */
  readonly counted: { readonly byPoppler: number; readonly mappedAlike: number };
  readonly rebuilt: number;
  /** The middle of the sizes of page maps, in percent of their files. */
  readonly mapPercent: number | undefined;
  readonly views: ViewTotals;
  /** The same for encrypted documents alone. */
  readonly encrypted: { readonly documents: number; readonly views: ViewTotals };
  /** The middle and the longest time of an accepted file, in milliseconds. */
  readonly elapsedMs: { readonly median: number; readonly longest: number } | undefined;
  readonly fileBytes: number;
  readonly wireBytes: number;
  /** What did not hold; nothing when everything accepted arrived whole, counts and views agree and nothing came twice. */
  readonly faults: readonly string[];
}

export function summarize(results: readonly CorpusResult[]): CorpusSummary {
  const accepted = results.filter(({ outcome }) => outcome.kind === 'accepted');
  const refused = new Map<string, number>();
  for (const { outcome } of results) if (outcome.kind === 'refused') refused.set(outcome.code, (refused.get(outcome.code) ?? 0) + 1);
  const count = (verdict: PagesVerdict) => accepted.filter(({ pages }) => pages === verdict).length;
  const encrypted = accepted.filter(({ map }) => map?.encrypted);
  const byPoppler = accepted.filter(({ file }) => typeof file.pages === 'number');
  const times = accepted.flatMap(({ elapsedMs }) => elapsedMs ?? []).sort((a, b) => a - b);
  const [middle, longest] = [times[Math.floor(times.length / 2)], times.at(-1)];
  const shares = accepted
    .filter(({ file, document }) => document?.mapped && file.bytes >= LEAST_BYTES_FOR_MAP_SIZE)
    .flatMap(({ map }) => map?.percent ?? [])
    .sort((a, b) => a - b);
  const summary = {
    accepted: accepted.length,
    refused,
    failed: results.filter(({ outcome }) => outcome.kind === 'failed').length,
    md5Equal: accepted.filter((result) => result.md5Equal).length,
    pages: {
      equal: count('equal'),
      different: count('different'),
      'unreadable here': count('unreadable here'),
      'unreadable to poppler': count('unreadable to poppler'),
      'not compared': count('not compared'),
    },
    mapped: accepted.filter(({ document }) => document?.mapped).length,
    counted: {
      byPoppler: byPoppler.length,
      mappedAlike: byPoppler.filter(({ document, pages }) => document?.mapped && pages === 'equal').length,
    },
    rebuilt: accepted.filter(({ map }) => map?.rebuilt).length,
    mapPercent: shares[Math.floor(shares.length / 2)],
    views: viewTotals(accepted),
    encrypted: { documents: encrypted.length, views: viewTotals(encrypted) },
    elapsedMs: middle === undefined || longest === undefined ? undefined : { median: middle, longest },
    fileBytes: accepted.reduce((sum, { file }) => sum + file.bytes, 0),
    wireBytes: accepted.reduce((sum, result) => sum + (result.wireBytes ?? 0), 0),
  };
  return { ...summary, faults: faultsOf(summary) };
}

function viewTotals(results: readonly CorpusResult[]): ViewTotals {
  const verdicts = results.flatMap(({ views }) => views ?? []);
  const sum = (count: (verdict: ViewVerdict) => number) => verdicts.reduce((total, verdict) => total + count(verdict), 0);
  return {
    equal: sum(({ equal }) => equal),
    'text different': sum(({ text }) => text.length),
    'pixels different': sum(({ pixels }) => pixels.length),
    refused: sum((verdict) => verdict.refused.length),
    'complained about': sum(({ complaints }) => complaints.length),
    'unreadable in the original': sum(({ unreadable }) => unreadable),
    'together equal': sum(({ together }) => (together === 'equal' ? 1 : 0)),
    'together different': sum(({ together }) => (together !== undefined && together !== 'equal' ? 1 : 0)),
  };
}

function faultsOf(summary: Omit<CorpusSummary, 'faults'>): string[] {
  const { accepted, failed, md5Equal, pages, counted, mapPercent, views, fileBytes, wireBytes } = summary;
  const { byPoppler, mappedAlike } = counted;
  const checks: [string, boolean][] = [
    ['files failed', failed === 0],
    ['bytes are not those of the file', md5Equal === accepted],
    ['page counts differ', pages.different === 0],
    [`less than ${LEAST_MAPPED_PERCENT} % are mapped as poppler counts`, mappedAlike >= (byPoppler * LEAST_MAPPED_PERCENT) / 100],
    [`the median page map takes more than ${MOST_MAP_PERCENT} %`, (mapPercent ?? 0) <= MOST_MAP_PERCENT],
    ['page views have other text', views['text different'] === 0],
    ['page views have other pixels', views['pixels different'] === 0],
    ['readable pages are not shown', views.refused === 0],
    ['qpdf or poppler complain about page views', views['complained about'] === 0],
    ['pages look different together', views['together different'] === 0],
    ['bytes came twice', wireBytes <= fileBytes * MOST_WIRE_BYTES_PER_BYTE],
  ];
  return checks.filter(([, holds]) => !holds).map(([fault]) => fault);
}
