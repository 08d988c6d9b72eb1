import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_FLAGS } from '@pageswarm/config';
import { type Bench, type BenchOptions, type Measurement, median } from './bench.ts';
import type { SnapshotReport } from './snapshot-report.ts';
import { atLeast, atMost } from './target.ts';

/** Documents of the catalog that is saved and restored, with three hosts each. */
const DOCUMENTS = 1_000_000;
const MAX_BLOCK_MS = 20;
const MAX_RESTORE_SECONDS = 10;
/** Printed where the restore takes longer than asked; docs/performance.md has the profile. */
const WHY_SLOW = 'two threads wait for memory: six words, three holders and four hashes of each document go into tables';
const MIN_DIRTY_RATIO = 20;
const HEAP_MIB = 4_096;

/** A full copy, a hundredth of it, and a restart, in Redis and in a file; the tracker is a process of its own. */
export const snapshotBench: Bench = {
  name: 'tracker-snapshot',
  about: `the copy of ${DOCUMENTS.toLocaleString('en-US')} documents in Redis and in a file: saved whole, a hundredth of it, and restored`,
  run,
};

async function run(tell: (line: string) => void, { documents = DOCUMENTS }: BenchOptions = {}): Promise<Measurement[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-bench-snapshot-'));
  const redis = await startRedis(folder);
  if (!redis) tell('snapshot: redis-server is not installed here');
  try {
    const lines: Measurement[] = [];
    for (const [name, place] of [...(redis ? [['Redis', redis.url]] : []), ['file', join(folder, 'tracker.snapshot')]] as [
      string,
      string,
    ][]) {
      const saved = await reportOf('save', place, documents);
      tell(`snapshot: saved in ${name}`);
      const found = await reportOf('restore', place, documents);
      tell(`snapshot: restored from ${name}`);
      lines.push(...linesOf(`snapshot in ${name}`, { ...saved, ...found }));
    }
    return lines;
  } finally {
    redis?.process.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

function linesOf(name: string, { idle, full, dirty, restored }: SnapshotReport): Measurement[] {
  if (!idle || !full || !dirty || !restored) throw new Error('the tracker told only half of it');
  const block = Math.max(full.longestBlockMs, ...dirty.map(({ longestBlockMs }) => longestBlockMs));
  const cpuRatios = dirty.map(({ cpuSeconds }) => full.cpuSeconds / cpuSeconds);
  const byteRatios = dirty.map(({ bytes }) => full.bytes / bytes);
  const idleNote = `${idle.longestBlockMs.toFixed(1)} ms while nothing is saved`;
  return [
    { what: `${name}: full`, unit: 's', runs: [full.seconds], note: `${(full.bytes / 1e6).toFixed(0)} MB of entries` },
    { what: `${name}: full, CPU`, unit: 's', runs: [full.cpuSeconds] },
    { what: `${name}: longest block while saving`, unit: 'ms', runs: [block], note: `${atMost(block, MAX_BLOCK_MS, 'ms')}; ${idleNote}` },
    { what: `${name}: full against 1 % changed, CPU`, unit: 'x', runs: cpuRatios, note: atLeast(median(cpuRatios), MIN_DIRTY_RATIO, 'x') },
    {
      what: `${name}: full against 1 % changed, bytes`,
      unit: 'x',
      runs: byteRatios,
      note: atLeast(median(byteRatios), MIN_DIRTY_RATIO, 'x'),
    },
    {
      what: `${name}: restart until ready`,
      unit: 's',
      runs: [restored.seconds],
      note: `${atMost(restored.seconds, MAX_RESTORE_SECONDS, 's')}${restored.seconds > MAX_RESTORE_SECONDS ? `; ${WHY_SLOW}` : ''}`,
    },
    {
      what: `${name}: restart until ready, CPU`,
      unit: 's',
      runs: [restored.cpuSeconds],
      note: 'catalog, orders and search index included',
    },
    {
      what: `${name}: longest block while restoring`,
      unit: 'ms',
      runs: [restored.longestBlockMs],
      note: atMost(restored.longestBlockMs, MAX_BLOCK_MS, 'ms'),
    },
  ];
}

async function reportOf(task: 'save' | 'restore', place: string, documents: number): Promise<SnapshotReport> {
  // Nest's decorators run while its bundle is loaded and want this to be there before.
  const execArgv = [
    ...NODE_FLAGS.tracker,
    '--expose-gc',
    `--max-old-space-size=${HEAP_MIB}`,
    '--import',
    import.meta.resolve('reflect-metadata'),
  ];
  const child = fork(new URL('./tracker-snapshot.child.js', import.meta.url), [task, place, String(documents)], { execArgv });
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  try {
    return (await once(child, 'message', { signal: gone.signal }))[0] as SnapshotReport;
  } finally {
    child.kill();
  }
}

async function startRedis(folder: string): Promise<{ readonly process: ChildProcess; readonly url: string } | undefined> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const redis = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve) => {
    redis.once('error', () => resolve(undefined));
    redis.stdout.on('data', (chunk) => {
      if (String(chunk).includes('Ready to accept connections')) resolve({ process: redis, url: `redis://127.0.0.1:${port}` });
    });
  });
}
