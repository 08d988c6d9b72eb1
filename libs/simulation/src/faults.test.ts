import { describe, expect, it } from '@jest/globals';
import { complaintsOf } from './complaints.ts';
import { faultyScenario } from './faulty-scenario.ts';
import { simulate } from './simulate.ts';
import type { SimulationResult } from './simulation-result.ts';

/** Seeds from 1 on; PAGESWARM_SIMULATIONS=N for a long run. A seed is replayed by `npm run simulate -- --seed N`. */
const SIMULATIONS = Number(process.env['PAGESWARM_SIMULATIONS'] ?? 400);

describe('swarms with random faults', () => {
  it(`${SIMULATIONS} of them end complete, or failed with a true reason, and ban no honest host`, () => {
    const failures: string[] = [];
    let complete = 0;
    for (let seed = 1; seed <= SIMULATIONS; seed++) {
      const swarm = faultyScenario(seed);
      try {
        const result = simulate(swarm.scenario, seed);
        if (result.makespanMs !== null) complete++;
        for (const complaint of complaintsOf(result, swarm)) failures.push(`seed ${seed} (${swarm.scenario.strategy}): ${complaint}`);
      } catch (error) {
        failures.push(`seed ${seed} (${swarm.scenario.strategy}): ${(error as Error).message}`);
      }
    }
    expect(failures).toEqual([]);
    // Most of the scenarios have an honest source: if they failed altogether, the rest would prove nothing.
    expect(complete).toBeGreaterThan(SIMULATIONS / 2);
  }, 600_000);

  it('that went wrong are complained about', () => {
    const swarm = { ...faultyScenario(1), rock: true };
    const honest = simulate(
      {
        ...swarm.scenario,
        nodes: [
          { name: 'rock', has: 1, up: 1e6, down: 1e6, latencyMs: 1 },
          { name: 'reader', has: 0, up: 1e6, down: 1e6, latencyMs: 1 },
        ],
      },
      1,
    );
    const reader = honest.nodes[1] as SimulationResult['nodes'][number];
    const told = (change: Partial<typeof reader>, more: Partial<SimulationResult> = {}) =>
      complaintsOf(
        { ...honest, ...more, nodes: [honest.nodes[0] as typeof reader, { ...reader, ...change }] },
        { scenario: { name: '', document: { size: 1 }, nodes: [] }, rock: true },
      );
    expect(told({})).toEqual([]);
    expect(told({ banned: ['rock'] })).toEqual(['reader banned rock, which never lied']);
    expect(told({ state: 'queued' })).toEqual(['reader ended as queued']);
    expect(told({ pieces: { have: 1, total: 2 } })).toEqual(['reader is done with 1 of 2 pieces']);
    expect(told({ state: 'failed', error: { code: 'INTERNAL', detail: 'why' } })).toEqual([
      'reader failed with INTERNAL: why',
      'reader failed beside an honest host: why',
    ]);
    expect(told({}, { longestStandstillMs: 5_001 })).toEqual(['a download stood still for 5001 ms']);
  });
});
