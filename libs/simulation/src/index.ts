export { fluidBoundMs } from './fluid-bound.ts';
export { MAX_DOCUMENT_BYTES, MAX_NODES, readScenario } from './read-scenario.ts';
export { formatResult } from './report.ts';
export { MANNERS, type Manner, type NodeScenario, type Scenario } from './scenario.ts';
export { type SimulateOptions, simulate } from './simulate.ts';
export type { NodeResult, SimulationResult } from './simulation-result.ts';
