import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '@pageswarm/primitives';
import { faultyScenario } from './faulty-scenario.fixture.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';
import type { SimulationResult } from './simulation-result.ts';

/** Seeds from 1 on; PAGESWARM_SIMULATIONS=10000 for a long run, PAGESWARM_SIMULATION_SEED=N to replay one. */
const SIMULATIONS = Number(process.env['PAGESWARM_SIMULATIONS'] ?? 400);
const ONLY = process.env['PAGESWARM_SIMULATION_SEED'];

/** What must hold in every swarm, however it fares. @returns what does not, as sentences */
function complaints(result: SimulationResult, scenario: Scenario, rock: boolean): string[] {
  const found: string[] = [];
  const liars = new Set(result.nodes.filter((node) => node.lied).map((node) => node.name));
  for (const node of result.nodes) {
    for (const banned of node.banned) if (!liars.has(banned)) found.push(`${node.name} banned ${banned}, which never lied`);
    if (!node.downloads) continue;
    if (node.state !== 'done' && node.state !== 'failed') found.push(`${node.name} ended as ${node.state}`);
    if (node.state === 'failed' && node.error?.code !== 'NO_HOSTS')
      found.push(`${node.name} failed with ${node.error?.code}: ${node.error?.detail}`);
    if (rock && node.state === 'failed') found.push(`${node.name} failed beside an honest host: ${node.error?.detail}`);
  }
  // A host that sends nothing is relieved before 5 s. The bare cascade relieves nobody, a full disk stops everything, and a tracker that tells
  // of one host at a time may take its time to tell of the right one.
  const relieves = scenario.strategy !== 'cascade' && scenario.hostsPerLookup === undefined;
  const diskFull = scenario.nodes.some((node) => node.diskFullAtPart !== undefined);
  if (rock && relieves && !diskFull && result.longestStandstillMs > 5_000)
    found.push(`a download stood still for ${result.longestStandstillMs} ms`);
  return found;
}

describe('swarms with random faults', () => {
  it(`${SIMULATIONS} of them end complete, or failed with a true reason, and ban no honest host`, () => {
    const failures: string[] = [];
    let complete = 0;
    const seeds = ONLY === undefined ? Array.from({ length: SIMULATIONS }, (_, i) => i + 1) : [Number(ONLY)];
    for (const seed of seeds) {
      const { scenario, rock } = faultyScenario(new SeededRandom(seed), seed);
      try {
        const result = simulate(scenario, seed);
        if (result.makespanMs !== null) complete++;
        for (const complaint of complaints(result, scenario, rock)) failures.push(`seed ${seed} (${scenario.strategy}): ${complaint}`);
      } catch (error) {
        failures.push(`seed ${seed} (${scenario.strategy}): ${(error as Error).message}`);
      }
    }
    expect(failures).toEqual([]);
    // Most of the scenarios have an honest source: if they failed altogether, the rest would prove nothing.
    if (ONLY === undefined) expect(complete).toBeGreaterThan(seeds.length / 2);
  }, 600_000);
});
