import { DEFAULT_ENGINE_LIMITS, STRATEGY_NAMES, type StrategyName } from '@pageswarm/engine';
import { Fields, refuse } from './fields.ts';
import { readNode } from './node-fields.ts';
import type { Scenario, SiteLink } from './scenario.ts';

/** The most nodes of one simulation. */
export const MAX_NODES = 10_000;
/** The largest document of a simulation, in bytes. */
export const MAX_DOCUMENT_BYTES = 2 ** 39;

/**
 * Reads a scenario as people write it (parsed YAML or JSON): sizes like `64 MiB`, rates like `4 MiB/s`, times like `20 ms` or `2 s`, parts like `0.5` or `all`.
 * @throws PageSwarmError INVALID_REQUEST with a sentence that names the field
 */
export function readScenario(value: unknown): Scenario {
  const root = new Fields(value, 'the scenario', [
    ...['name', 'document', 'strategy', 'nodes', 'links', 'limits', 'have every', 'hosts per lookup', 'ends at', 'published'],
  ]);
  const nodes = root.list('nodes');
  if (nodes.length === 0) throw refuse('nodes', 'must be a list with at least one node');
  const scenario: Scenario = {
    name: root.text('name'),
    document: readDocument(root.value('document')),
    ...root.maybe('strategy', 'strategy', (key) => root.oneOf<StrategyName>(key, STRATEGY_NAMES)),
    nodes: nodes.map((node, index) => readNode(node, `nodes[${index}]`, MAX_NODES)),
    ...root.maybe('links', 'links', (key) => root.list(key).map((link, index) => readLink(link, `links[${index}]`))),
    ...root.maybe('limits', 'limits', (key) => readLimits(root.value(key))),
    ...root.maybe('haveEveryMs', 'have every', (key) => root.time(key)),
    ...root.maybe('hostsPerLookup', 'hosts per lookup', (key) => root.whole(key, 1, MAX_NODES)),
    ...root.maybe('endsAtMs', 'ends at', (key) => root.time(key)),
    ...root.maybe('published', 'published', (key) => readPublished(root.value(key))),
  };
  demandWhole(scenario);
  return scenario;
}

/** What no single field can be refused for. */
function demandWhole({ nodes, links = [] }: Scenario): void {
  const count = nodes.reduce((sum, node) => sum + (node.count ?? 1), 0);
  if (count > MAX_NODES) throw refuse('nodes', `are ${count} in all, at most ${MAX_NODES} can be simulated`);
  const sites = new Set(nodes.map(({ site }) => site));
  for (const [index, { between }] of links.entries())
    for (const site of between)
      if (!sites.has(site)) throw refuse(`links[${index}]: between`, `names the site ${site}, in which no node stands`);
}

function readDocument(value: unknown): Scenario['document'] {
  const document = new Fields(value, 'document', ['size', 'piece length', 'pages', 'structure pieces']);
  return {
    size: document.bytes('size', 1, MAX_DOCUMENT_BYTES),
    ...document.maybe('pieceLength', 'piece length', (key) => document.pieceLength(key)),
    ...document.maybe('pages', 'pages', (key) => document.whole(key, 1, 100_000)),
    ...document.maybe('structurePieces', 'structure pieces', (key) => document.whole(key, 0, 8_192)),
  };
}

function readLink(value: unknown, path: string): SiteLink {
  const link = new Fields(value, path, ['between', 'rate', 'latency']);
  const between = link.list('between');
  const [first, second] = between;
  if (between.length !== 2 || typeof first !== 'string' || typeof second !== 'string' || first === second)
    throw refuse(`${path}: between`, 'must be a list of two sites');
  return { between: [first, second], rate: link.rate('rate'), latencyMs: link.time('latency') };
}

function readPublished(value: unknown): NonNullable<Scenario['published']> {
  const published = new Fields(value, 'published', ['by', 'p50', 'p99', 'p99.9']);
  const times = (key: string) => published.number(key, 0, 1_000);
  return {
    by: published.text('by'),
    ...published.maybe('p50', 'p50', times),
    ...published.maybe('p99', 'p99', times),
    ...published.maybe('p999', 'p99.9', times),
  };
}

function readLimits(value: unknown): Record<string, number> {
  const names = Object.keys(DEFAULT_ENGINE_LIMITS);
  const limits = new Fields(value, 'limits', names);
  return Object.fromEntries(
    names.flatMap((name) => {
      const limit = limits.optional(name, (key) => limits.number(key, 0, Number.MAX_SAFE_INTEGER));
      return limit === undefined ? [] : [[name, limit]];
    }),
  );
}
