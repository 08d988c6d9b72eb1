import type { Scenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import type { SimulationResult } from './simulation-result.ts';

export interface SimulateOptions {
  /** Is told every event that a download sees, one line each. The same scenario and seed give the same lines. */
  readonly log?: (line: string) => void;
  /** Recounts everything that an engine keeps as running sums after every event. Costs time. @default false */
  readonly checked?: boolean;
}

/**
 * Runs a swarm of real engines on a virtual clock and network until every download is done or has failed.
 * @throws PageSwarmError INTERNAL when it does not end, or an invariant of an engine does not hold
 */
export function simulate(scenario: Scenario, seed: number, options: SimulateOptions = {}): SimulationResult {
  return new Simulation(scenario, seed, options).run();
}
