export { complaintsOf, MAX_STANDSTILL_MS } from './complaints.ts';
export { type FaultySwarm, faultyScenario } from './faulty-scenario.ts';
export { fluidBoundMs } from './fluid-bound.ts';
export { formatHtml } from './html/html-report.ts';
export { MAX_DOCUMENT_BYTES, MAX_NODES, readScenario } from './read-scenario.ts';
export { formatResult } from './report.ts';
export { MANNERS, type Manner, type NodeScenario, type Scenario, type SiteLink } from './scenario.ts';
export { type SimulateOptions, simulate } from './simulate.ts';
export type { CompletionTimes, NodeResult, Sent, SimulationResult } from './simulation-result.ts';
