import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readScenario, simulate } from '@pageswarm/simulation';
import { parse, stringify } from 'yaml';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const SCENARIOS = join(ROOT, 'tools/simulate/scenarios');
const SEED = 11;

/** Of Kraken's 2,600 hosts as many as show the same, for all of them log gigabytes. */
function sourceOf(name: string): unknown {
  const source = parse(readFileSync(join(SCENARIOS, name), 'utf8'));
  if (name === 'kraken.yaml') {
    source.document.size = '300 MB';
    source.nodes[1].count = 60;
  }
  return source;
}

describe('the same seed gives the same event log, byte for byte', () => {
  it.each(readdirSync(SCENARIOS))(
    '%s, here and in a process of its own',
    async (name) => {
      const source = sourceOf(name);
      const here = createHash('sha256');
      simulate(readScenario(source), SEED, { log: (line) => here.update(`${line}\n`) });
      const folder = await mkdtemp(join(tmpdir(), 'pageswarm-repeat-'));
      try {
        await writeFile(join(folder, 'scenario.yaml'), stringify(source));
        const log = join(folder, 'events.log');
        const tool = join(ROOT, 'build/tools/simulate.js');
        await run(process.execPath, [tool, join(folder, 'scenario.yaml'), '--seed', String(SEED), '--log', log]);
        const there = createHash('sha256');
        for await (const chunk of createReadStream(log)) there.update(chunk);
        expect(there.digest('hex')).toBe(here.digest('hex'));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
