import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_FLAGS } from '@pageswarm/config';
import { SeededRandom } from '@pageswarm/primitives';
import { type Bench, type BenchOptions, type Measurement, median } from './bench.ts';
import { sampleHash } from './catalog-filler.ts';
import type { MixedReport } from './mixed-report.ts';
import { QUERY_CLASSES, queryFor, SampleNames } from './sample-names.ts';
import { SteadyLoad } from './steady-load.ts';
import { stolenSince } from './stolen-time.ts';
import { atMost } from './target.ts';

const DOCUMENTS = 100_000;
/** A virtual machine stands still now and then, for longer than an announce may take; rounds in which it does often say little of a tracker. */
const CALM_SHARE = 0.01;
const CALM_ROUNDS = 3;
const MOST_ROUNDS = 9;
const ROUND_MS = 5_000;
const ANNOUNCES_PER_SECOND = 5_000;
const SEARCHES_PER_SECOND = 100;
const ANNOUNCE_CONNECTIONS = 64;
const SEARCH_CONNECTIONS = 4;
const PEERS = 50_000;
const MOST_MS = 10;

/** Everything at once: announces at a steady rate, searches, a catalog that changes and is saved. */
export const mixedBench: Bench = {
  name: 'tracker-mixed',
  about: `${ANNOUNCES_PER_SECOND} announces and ${SEARCHES_PER_SECOND} searches a second while ${DOCUMENTS.toLocaleString('en-US')} documents change and are saved`,
  run,
};

async function run(tell: (line: string) => void, { documents = DOCUMENTS }: BenchOptions = {}): Promise<Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'pageswarm-bench-'));
  const child = fork(new URL('./tracker-mixed.child.js', import.meta.url), [String(documents), join(folder, 'snapshot')], {
    execArgv: [...NODE_FLAGS.tracker, '--import', import.meta.resolve('reflect-metadata')],
  });
  try {
    return await measure(child, documents, tell);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(child: ChildProcess, documents: number, tell: (line: string) => void): Promise<Measurement[]> {
  const ready = await reportOf(child);
  if (!('port' in ready)) throw new Error('the tracker did not start');
  const runs = new Map<string, { unit: string; runs: number[] }>();
  const add = (what: string, unit: string, value: number) => {
    const line = runs.get(what) ?? { unit, runs: [] };
    line.runs.push(value);
    runs.set(what, line);
  };
  const rounds: PlayedRound[] = [];
  for (let round = 0; round <= MOST_ROUNDS && rounds.filter(isCalm).length < CALM_ROUNDS; round++) {
    const [announces, searches] = loads(ready.port, documents, round);
    child.send('begin');
    const stolen = stolenSince();
    await Promise.all([announces.run(ANNOUNCES_PER_SECOND, ROUND_MS), searches.run(SEARCHES_PER_SECOND, ROUND_MS)]);
    const stolenShare = stolen();
    child.send('end');
    const report = await reportOf(child);
    tell(round === 0 ? 'mixed: warmed up' : `mixed: round ${round} of ${CALM_ROUNDS} to ${MOST_ROUNDS}`);
    if (round === 0 || !('loop' in report)) continue;
    add('announce, p50', 'ms', percentile(announces.latencies, 0.5));
    const p99 = percentile(announces.latencies, 0.99);
    rounds.push({ p99, stolenShare });
    add('announce, p99', 'ms', p99);
    add('search, p99', 'ms', percentile(searches.latencies, 0.99));
    add('what the tracker does before it reads an announce, p99', 'ms CPU', report.steps.p99);
    add('what the tracker does before it reads an announce, most', 'ms CPU', report.steps.most);
    add('the load is late by itself, p99', 'ms', percentile(announces.lateness, 0.99));
    add("the tracker's event loop late, p99", 'ms', report.loop.p99);
    add("the tracker's event loop late, most", 'ms', report.loop.most);
    add('processor time that the host gave to others', '%', 100 * stolenShare);
    add("the tracker's CPU", '%', (100 * report.cpuSeconds) / (ROUND_MS / 1_000));
    add('documents saved', '/s', report.savedEntries / (ROUND_MS / 1_000));
  }
  return [...runs].map(([what, line]) => ({ what, ...line, ...(what === 'announce, p99' && { note: verdict(rounds) }) }));
}

interface PlayedRound {
  readonly p99: number;
  /** Not a number where nobody says it; such a round counts. */
  readonly stolenShare: number;
}

function isCalm({ stolenShare }: PlayedRound): boolean {
  return !(stolenShare > CALM_SHARE);
}

/** Which rounds count is decided by what was taken from all processes, and not by what was measured. */
function verdict(rounds: readonly PlayedRound[]): string {
  const calm = rounds.filter(isCalm);
  const least = rounds.toSorted((a, b) => a.stolenShare - b.stolenShare).slice(0, 1);
  const counted = (calm.length > 0 ? calm : least).map(({ p99 }) => p99);
  const which = calm.length > 0 ? `median of ${calm.length} calm rounds` : 'in the calmest round';
  return atMost(median(counted), MOST_MS, `ms (${median(counted).toFixed(1)}, ${which})`);
}

function loads(port: number, documents: number, seed: number): readonly [announces: SteadyLoad, searches: SteadyLoad] {
  const random = new SeededRandom(seed);
  const below = (count: number) => Math.floor(random.next() * count);
  const names = new SampleNames();
  const announce = () => {
    const peer = below(PEERS);
    const hash = sampleHash(below(documents)).replace(/../g, '%$&');
    return `/announce?info_hash=${hash}&peer_id=-TT0000-${String(peer).padStart(12, '0')}&port=${1_024 + peer}&left=9&numwant=50&compact=1`;
  };
  const search = () => {
    const kind = QUERY_CLASSES[below(QUERY_CLASSES.length)] ?? 'exact';
    return `/api/v1/documents?limit=20&query=${encodeURIComponent(queryFor(names.nameOf(below(documents)), kind, random))}`;
  };
  return [
    new SteadyLoad(port, ANNOUNCE_CONNECTIONS, announce, (text) => text.includes('5:peers')),
    new SteadyLoad(port, SEARCH_CONNECTIONS, search, (text) => text.includes('"items"')),
  ];
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
}

async function reportOf(child: ChildProcess): Promise<MixedReport> {
  const gone = new AbortController();
  const stop = () => gone.abort();
  child.once('exit', stop);
  try {
    return (await once(child, 'message', { signal: gone.signal }))[0] as MixedReport;
  } finally {
    child.off('exit', stop);
  }
}
