import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import type { SimulationResult } from '@pageswarm/simulation';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
/** What it may take on two cores, in seconds of processor time. */
const MOST_SECONDS = 300;

it("Kraken's published case: 3 GB to 2,600 hosts at once", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-kraken-'));
  try {
    const json = join(folder, 'kraken.json');
    const scenario = join(ROOT, 'tools/simulate/scenarios/kraken.yaml');
    const args = ['--max-old-space-size=6000', join(ROOT, 'build/tools/simulate.js'), scenario, '--json', json];
    const { stdout } = await run(process.execPath, args, { maxBuffer: 2 ** 26 });
    process.stdout.write(
      stdout
        .split('\n')
        .filter((line) => /^(makespan|bound|efficiency|download times|published|events|simulated)/.test(line))
        .map((line) => `simulation-kraken: ${line}\n`)
        .join(''),
    );
    const { times, nodes } = JSON.parse(await readFile(json, 'utf8')) as SimulationResult;
    expect(nodes.filter(({ downloads, state }) => downloads && state === 'done')).toHaveLength(2_600);
    expect(times?.fullRateMs).toBe(10_000);
    expect((times?.p50 ?? 0) / 10_000).toBeLessThanOrEqual(1.1);
    expect((times?.p99 ?? 0) / 10_000).toBeLessThanOrEqual(1.3);
    expect((times?.p999 ?? 0) / 10_000).toBeLessThanOrEqual(2.2);
    expect(Number(/simulated in ([\d.]+) s/.exec(stdout)?.[1])).toBeLessThan(MOST_SECONDS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 900_000);
