import { fluidBoundMs } from './fluid-bound.ts';
import type { Scenario } from './scenario.ts';
import type { NodeResult, SimulationResult } from './simulation-result.ts';
import type { VirtualNode } from './virtual-node.ts';

interface Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly nodes: readonly VirtualNode[];
  readonly size: number;
  readonly events: number;
  readonly longestStandstillMs: number;
  readonly now: number;
}

/** What came of a run, in numbers. */
export function describeOutcome({ scenario, seed, nodes, size, events, longestStandstillMs, now }: Outcome): SimulationResult {
  const leechers = nodes.filter((node) => node.downloads);
  const complete = leechers.every((node) => node.completedAt !== undefined);
  const started = Math.min(...leechers.map((node) => node.startedAt));
  const makespanMs = complete && leechers.length > 0 ? Math.max(...leechers.map((node) => node.completedAt as number)) - started : null;
  const seeds = nodes.filter(({ scenario }) => scenario.has >= 1 && !scenario.corrupts && (scenario.manner ?? 'serves') === 'serves');
  const boundMs = fluidBoundMs(
    size,
    seeds.map(({ scenario }) => scenario),
    leechers.map(({ scenario }) => scenario),
  );
  return {
    scenario: scenario.name,
    seed,
    makespanMs,
    boundMs,
    efficiency: makespanMs === null ? null : boundMs / makespanMs,
    nodes: nodes.map((node) => describeNode(node, nodes, now)),
    sent: nodes.map((from) => nodes.map((to) => from.sentTo[to.index] ?? 0)),
    events,
    longestStandstillMs,
  };
}

function describeNode(node: VirtualNode, nodes: readonly VirtualNode[], now: number): NodeResult {
  const status = node.download?.status(now);
  return {
    name: node.name,
    peerId: node.peerId,
    downloads: node.downloads,
    state: node.downloads ? (status?.state ?? (node.completedAt === undefined ? 'queued' : 'done')) : 'seeding',
    ...(status?.error && { error: status.error }),
    ...(node.completedAt !== undefined && { completedAtMs: node.completedAt, tookMs: node.completedAt - node.startedAt }),
    bytesReceived: node.bytesReceived,
    bytesSent: node.sentTo.reduce((a, b) => a + (b ?? 0), 0),
    duplicateBytes: node.duplicateBytes,
    banned: node.banned.map((index) => (nodes[index] as VirtualNode).name),
    lied: node.lied,
  };
}
