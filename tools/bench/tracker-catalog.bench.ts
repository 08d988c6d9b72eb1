import { fork } from 'node:child_process';
import { once } from 'node:events';
import { NODE_FLAGS } from '@pageswarm/config';
import type { Bench, BenchOptions, Measurement } from './bench.ts';
import type { CatalogReport } from './catalog-report.ts';
import { atLeast, atMost } from './target.ts';

const DOCUMENTS = 1_000_000;
const MOST_BYTES = 700;
const MOST_SEARCH_US = 10_000;
const MOST_BLOCK_US = 20_000;
const LEAST_TYPO_PERCENT = 95;

/** A tracker with a large catalog in a process of its own, which measures itself: memory, searches, changes, orders. */
export const catalogBench: Bench = {
  name: 'tracker-catalog',
  about: `memory, searches and changes of a catalog of ${DOCUMENTS.toLocaleString('en-US')} documents with 3 hosts each (--documents N for fewer)`,
  run,
};

async function run(tell: (line: string) => void, { documents = DOCUMENTS }: BenchOptions = {}): Promise<Measurement[]> {
  tell(`catalog: ${documents.toLocaleString('en-US')} documents are added, then searched, changed and sorted`);
  // Nest's decorators run while its bundle is loaded and want this to be there before.
  const child = fork(new URL('./tracker-catalog.child.js', import.meta.url), [String(documents)], {
    execArgv: [...NODE_FLAGS.tracker, '--expose-gc', '--import', import.meta.resolve('reflect-metadata')],
  });
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  try {
    return linesOf((await once(child, 'message', { signal: gone.signal }))[0] as CatalogReport, documents);
  } finally {
    child.kill();
  }
}

function linesOf(report: CatalogReport, documents: number): Measurement[] {
  const { words, bytesPerDocument, bytesPerPage, addedUs, added, changed, searches, orders, leaving } = report;
  const line = (what: string, unit: string, value: number, note?: string) => ({ what, unit, runs: [value], ...(note && { note }) });
  const block = (us: number) => atMost(us, MOST_BLOCK_US, 'us');
  return [
    line(
      'memory (RSS) per document with 3 hosts, name and search index',
      'bytes',
      bytesPerDocument,
      // Tables grow in steps of megabytes, which a small catalog does not fill.
      documents >= DOCUMENTS ? atMost(bytesPerDocument, MOST_BYTES, 'bytes') : 'the target is for the full catalog',
    ),
    line('memory (RSS) of words, per page', 'bytes', bytesPerPage),
    line('different words in the index', '', words),
    line('adding a document with 3 hosts', 'us CPU', addedUs),
    line('adding a document, longest', 'us CPU', added.most, block(added.most)),
    line('removing or adding in the full catalog, longest', 'us CPU', changed.most, block(changed.most)),
    line('removing or adding in the full catalog, p99', 'us CPU', changed.p99),
    line('a peer with a tenth of all documents leaves, longest step', 'us CPU', leaving.most, block(leaving.most)),
    ...searches.flatMap(({ kind, p50, p99, foundShare }) => {
      const isTypo = kind === 'typing error' || kind === 'letters swapped';
      const found = 100 * foundShare;
      return [
        line(`search, ${kind}, p50`, 'us CPU', p50),
        line(`search, ${kind}, p99`, 'us CPU', p99, atMost(p99, MOST_SEARCH_US, 'us')),
        line(`search, ${kind}, found`, '%', found, atLeast(found, isTypo ? LEAST_TYPO_PERCENT : 100, '%')),
      ];
    }),
    ...orders.flatMap(({ sort, preparedSeconds, longestStep, p99 }) => [
      line(`sorted by ${sort}, p99 of a page`, 'us CPU', p99),
      line(`sorted by ${sort}, made at its first use`, 's CPU', preparedSeconds),
      line(`sorted by ${sort}, longest step of that`, 'us CPU', longestStep, block(longestStep)),
    ]),
  ];
}
