import type { Scenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import type { SimulationResult } from './simulation-result.ts';

export interface SimulateOptions {
  /** Is told every event that a download sees, one line each. The same scenario and seed give the same lines. */
  readonly log?: (line: string) => void;
}

/** Runs a swarm of real engines on a virtual clock and network until every download is done or has failed. */
export function simulate(scenario: Scenario, seed: number, options: SimulateOptions = {}): SimulationResult {
  return new Simulation(scenario, seed, options.log).run();
}
