import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Bench, Measurement } from './bench.ts';
import { BENCH_DOCUMENTS, type TrackerSideReport } from './tracker-load.ts';

const ROUNDS = 3;

/** A tracker in a process of its own; CPU is what that process used, the load comes from this one. */
export const trackerBench: Bench = {
  name: 'tracker',
  about: `searches of a tracker with ${BENCH_DOCUMENTS / 1_000}k documents`,
  run,
};

async function run(tell: (line: string) => void): Promise<Measurement[]> {
  // Nest's decorators run while its bundle is loaded and want this to be there before.
  const side = fork(new URL('./tracker-side.child.js', import.meta.url), {
    execArgv: ['--expose-gc', '--import', import.meta.resolve('reflect-metadata')],
  });
  try {
    return await measure(side, tell);
  } finally {
    side.kill();
  }
}

async function measure(side: ChildProcess, tell: (line: string) => void): Promise<Measurement[]> {
  const { ready } = await reportOf(side);
  if (!ready) throw new Error('the tracker did not start');
  const runs = new Map<string, { unit: string; runs: number[] }>();
  const add = (what: string, unit: string, value: number) => {
    const line = runs.get(what) ?? { unit, runs: [] };
    line.runs.push(value);
    runs.set(what, line);
  };
  add('memory per document with one host', 'bytes', ready.bytesPerDocument);
  for (let round = 0; round <= ROUNDS; round++) {
    const { searches = [] } = await asked(side, { search: round });
    for (const { kind, p50, p99, foundShare } of round === 0 ? [] : searches) {
      add(`search, ${kind}, p50`, 'us CPU', p50);
      add(`search, ${kind}, p99`, 'us CPU', p99);
      add(`search, ${kind}, found`, '%', 100 * foundShare);
    }
    tell(round === 0 ? 'warmed up' : `round ${round} of ${ROUNDS}`);
  }
  return [...runs].map(([what, line]) => ({ what, ...line }));
}

function asked(side: ChildProcess, question: object): Promise<TrackerSideReport> {
  const answer = reportOf(side);
  side.send(question);
  return answer;
}

async function reportOf(side: ChildProcess): Promise<TrackerSideReport> {
  const gone = new AbortController();
  const stop = () => gone.abort();
  side.once('exit', stop);
  try {
    return (await once(side, 'message', { signal: gone.signal }))[0] as TrackerSideReport;
  } finally {
    side.off('exit', stop);
  }
}
