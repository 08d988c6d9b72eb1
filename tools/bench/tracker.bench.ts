import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { SeededRandom } from '@pageswarm/primitives';
import type { Bench, Measurement } from './bench.ts';
import { announceOverHttp, announceOverUdp, BENCH_DOCUMENTS, benchHash, type Crowd, type TrackerSideReport } from './tracker-load.ts';

const ROUNDS = 3;
const ANNOUNCE_MS = 2_000;
const CROWDS: readonly Crowd[] = [
  { name: 'many small swarms', hashes: hashes(50_000), peers: 2 },
  { name: '100 swarms of 500', hashes: hashes(100), peers: 500 },
];
const PROTOCOLS = { HTTP: announceOverHttp, UDP: announceOverUdp } as const;

/** A tracker in a process of its own; CPU is what that process used, the load comes from this one. */
export const trackerBench: Bench = {
  name: 'tracker',
  about: `announces over HTTP (kept connections) and UDP, and searches, of a tracker with ${BENCH_DOCUMENTS / 1_000}k documents`,
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
  const cpuOf = async () => {
    const { cpu } = await asked(side, { cpu: true });
    return cpu ? cpu.user + cpu.system : Number.NaN;
  };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const crowd of CROWDS)
      for (const [protocol, announce] of Object.entries(PROTOCOLS)) {
        const before = await cpuOf();
        const port = protocol === 'UDP' ? ready.udp : ready.http;
        const answered = await announce(port, crowd, new SeededRandom(round), ANNOUNCE_MS);
        const cpu = (await cpuOf()) - before;
        // The first round only fills the swarms and warms the code.
        if (round === 0) continue;
        add(`${protocol} announce, ${crowd.name}`, 'us CPU', cpu / answered);
        add(`${protocol} announces, ${crowd.name}`, '/s', answered / (ANNOUNCE_MS / 1_000));
      }
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

function hashes(count: number): string[] {
  return Array.from({ length: count }, (_, n) => benchHash(n));
}
