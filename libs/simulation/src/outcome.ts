import { fluidBoundMs } from './fluid-bound.ts';
import type { CompletionTimes, NodeResult, Sent, SimulationResult } from './simulation-result.ts';
import type { VirtualNode } from './virtual-node.ts';
import type { World } from './world.ts';

interface Outcome {
  readonly world: World;
  readonly seed: number;
  readonly events: number;
}

/** What came of a run, in numbers. */
export function describeOutcome({ world, seed, events }: Outcome): SimulationResult {
  const { nodes, scenario, document, progress } = world;
  const leechers = nodes.filter((node) => node.downloads);
  const complete = leechers.every((node) => node.completedAt !== undefined);
  const started = Math.min(...leechers.map((node) => node.startedAt));
  const makespanMs = complete && leechers.length > 0 ? Math.max(...leechers.map((node) => node.completedAt as number)) - started : null;
  const seeds = nodes.filter(isHonestSeed);
  const fluidMs = fluidBoundMs(
    document.size,
    seeds.map((node) => node.scenario),
    leechers.map(({ scenario: { up, down, freeRides } }) => ({ up: freeRides ? 0 : up, down })),
  );
  const boundMs = fluidMs === 0 ? 0 : Math.max(fluidMs, ...crossingsMs(world, seeds, leechers));
  return {
    scenario: scenario.name,
    seed,
    size: document.size,
    pageCount: document.pages,
    makespanMs,
    boundMs,
    efficiency: makespanMs === null ? null : boundMs / makespanMs,
    times: completionTimes(leechers, document.size),
    ...(scenario.published && { published: scenario.published }),
    nodes: nodes.map((node) => describeNode(node, world)),
    sent: nodes.flatMap((from): Sent[] => [...from.sentTo].map(([to, bytes]) => ({ from: from.index, to, bytes }))),
    events,
    longestStandstillMs: progress.longestStandstillMs,
  };
}

/** For each site that only begins to download: the time that one copy takes to come in. */
function crossingsMs({ scenario, document }: World, seeds: readonly VirtualNode[], leechers: readonly VirtualNode[]): number[] {
  const { links = [] } = scenario;
  const sites = new Set(leechers.map((node) => node.scenario.site));
  return [...sites]
    .filter((site) => !seeds.some((seed) => seed.scenario.site === site))
    .map((site) => links.filter(({ between }) => between.includes(site as string)).reduce((rate, link) => rate + link.rate, 0))
    .filter((rate) => rate > 0)
    .map((rate) => (document.size * 1_000) / rate);
}

function isHonestSeed({ scenario }: VirtualNode): boolean {
  return scenario.has >= 1 && !scenario.corrupts && (scenario.manner ?? 'serves') === 'serves';
}

function completionTimes(leechers: readonly VirtualNode[], size: number): CompletionTimes | null {
  const times = leechers
    .flatMap((node) => (node.completedAt === undefined ? [] : [node.completedAt - node.startedAt]))
    .sort((a, b) => a - b);
  if (times.length === 0) return null;
  const after = (part: number) => times[Math.min(times.length, Math.ceil(part * times.length)) - 1] as number;
  const slowestDown = Math.min(...leechers.map(({ scenario }) => scenario.down));
  return { p50: after(0.5), p99: after(0.99), p999: after(0.999), fullRateMs: (size * 1_000) / slowestDown };
}

function describeNode(node: VirtualNode, { nodes, events, progress }: World): NodeResult {
  const status = node.download?.status(events.now);
  const pages = progress.of(node);
  return {
    name: node.name,
    kind: node.scenario.name,
    peerId: node.peerId,
    downloads: node.downloads,
    state: stateOf(node, status?.state),
    ...(status?.error && { error: status.error }),
    joinedAtMs: node.startedAt,
    ...(node.completedAt !== undefined && { completedAtMs: node.completedAt, tookMs: node.completedAt - node.startedAt }),
    pieces: { have: node.pieces.count, total: node.pieces.size },
    bytesReceived: node.bytesReceived,
    bytesSent: [...node.sentTo.values()].reduce((a, b) => a + b, 0),
    duplicateBytes: node.duplicateBytes,
    banned: node.banned.map((index) => (nodes[index] as VirtualNode).name),
    lied: node.lied,
    ...(pages && { pages }),
  };
}

function stateOf(node: VirtualNode, state: NodeResult['state'] | undefined): NodeResult['state'] {
  if (node.completedAt !== undefined) return 'done';
  if (state) return state;
  if (node.downloads) return node.online ? 'queued' : 'gone';
  return node.online ? 'seeding' : 'gone';
}
