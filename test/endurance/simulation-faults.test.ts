import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const run = promisify(execFile);
/** PAGESWARM_SIMULATIONS=<n> simulates more or fewer, PAGESWARM_TEST_SEED=<n> begins with another seed. */
const SIMULATIONS = Number(process.env.PAGESWARM_SIMULATIONS ?? 10_000);
const FIRST = Number(process.env.PAGESWARM_TEST_SEED ?? 1);
const PROCESSES = 2;
const TOOLS = join(import.meta.dirname, '../../build/tools');

interface Outcome {
  readonly failures: string[];
  readonly complete: number;
  readonly events: number;
}

it(`${SIMULATIONS} swarms with random faults end complete, or failed with a true reason, with every invariant checked after every event`, async () => {
  const started = performance.now();
  const share = Math.ceil(SIMULATIONS / PROCESSES);
  const outcomes = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, place): Promise<Outcome> => {
      const seeds = [FIRST + place, share, PROCESSES].map(String);
      const { stdout } = await run(process.execPath, [join(TOOLS, 'faulty-swarms.child.js'), ...seeds], { maxBuffer: 2 ** 26 });
      return JSON.parse(stdout) as Outcome;
    }),
  );
  const sum = (of: (outcome: Outcome) => number) => outcomes.map(of).reduce((a, b) => a + b);
  process.stdout.write(
    `simulation-faults: ${share * PROCESSES} swarms from seed ${FIRST} on, ${sum(({ events }) => events)} events, ${sum(({ complete }) => complete)} swarms complete, ${Math.round((performance.now() - started) / 1_000)} s\n`,
  );
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  if (failures.length > 0) process.stdout.write('simulation-faults: replay one with npm run simulate -- --seed N\n');
  expect(failures).toEqual([]);
  // Most have an honest source: if they failed altogether, the rest would prove nothing.
  expect(sum(({ complete }) => complete)).toBeGreaterThan(SIMULATIONS / 2);
}, 600_000);
