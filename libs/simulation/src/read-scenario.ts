import { DEFAULT_ENGINE_LIMITS, STRATEGY_NAMES, type StrategyName } from '@pageswarm/engine';
import { PageSwarmError } from '@pageswarm/primitives';
import { MANNERS, type NodeScenario, type Scenario } from './scenario.ts';

/** The most nodes of one simulation. */
export const MAX_NODES = 10_000;
/** The largest document of a simulation, in bytes. */
export const MAX_DOCUMENT_BYTES = 2 ** 39;

const BYTE_UNITS: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 };
const TIME_UNITS: Record<string, number> = { ms: 1, s: 1_000, min: 60_000 };

/**
 * Reads a scenario as people write it (parsed YAML or JSON): sizes like `64 MiB`, rates like `4 MiB/s`, times like `20 ms` or `2 s`, parts like `0.5` or `all`.
 * @throws PageSwarmError INVALID_REQUEST with a sentence that names the field
 */
export function readScenario(value: unknown): Scenario {
  const root = new Fields(value, 'the scenario', [
    'name',
    'document',
    'strategy',
    'nodes',
    'limits',
    'have every',
    'hosts per lookup',
    'ends at',
  ]);
  const document = new Fields(root.value('document'), 'document', ['size', 'piece length', 'pages', 'structure pieces']);
  const nodes = root.value('nodes');
  if (!Array.isArray(nodes) || nodes.length === 0) throw refuse('nodes', 'must be a list with at least one node');
  const scenario: Scenario = {
    name: root.text('name'),
    document: {
      size: document.bytes('size', 1, MAX_DOCUMENT_BYTES),
      ...defined(
        'pieceLength',
        document.optional('piece length', (key) => document.pieceLength(key)),
      ),
      ...defined(
        'pages',
        document.optional('pages', (key) => document.whole(key, 1, 100_000)),
      ),
      ...defined(
        'structurePieces',
        document.optional('structure pieces', (key) => document.whole(key, 0, 8_192)),
      ),
    },
    ...defined(
      'strategy',
      root.optional('strategy', (key) => root.oneOf<StrategyName>(key, STRATEGY_NAMES)),
    ),
    nodes: nodes.map((node, index) => readNode(node, `nodes[${index}]`)),
    ...defined(
      'limits',
      root.optional('limits', (key) => readLimits(root.value(key))),
    ),
    ...defined(
      'haveEveryMs',
      root.optional('have every', (key) => root.time(key)),
    ),
    ...defined(
      'hostsPerLookup',
      root.optional('hosts per lookup', (key) => root.whole(key, 1, MAX_NODES)),
    ),
    ...defined(
      'endsAtMs',
      root.optional('ends at', (key) => root.time(key)),
    ),
  };
  const count = scenario.nodes.reduce((sum, node) => sum + (node.count ?? 1), 0);
  if (count > MAX_NODES) throw refuse('nodes', `are ${count} in all, at most ${MAX_NODES} can be simulated`);
  return scenario;
}

function readNode(value: unknown, path: string): NodeScenario {
  const node = new Fields(value, path, [
    ...[
      'name',
      'count',
      'has',
      'up',
      'down',
      'latency',
      'idle',
      'strategy',
      'manner',
      'corrupts',
      'joins at',
      'leaves at',
      'leaves at part',
    ],
    ...['returns after', 'vanishes', 'freezes at', 'freezes for', 'disk full at part'],
  ]);
  return {
    name: node.text('name'),
    ...defined(
      'count',
      node.optional('count', (key) => node.whole(key, 1, MAX_NODES)),
    ),
    has: node.optional('has', (key) => node.part(key)) ?? 0,
    up: node.rate('up'),
    down: node.rate('down'),
    latencyMs: node.time('latency'),
    ...defined(
      'idle',
      node.optional('idle', (key) => node.flag(key)),
    ),
    ...defined(
      'strategy',
      node.optional('strategy', (key) => node.oneOf<StrategyName>(key, STRATEGY_NAMES)),
    ),
    ...defined(
      'manner',
      node.optional('manner', (key) => node.oneOf(key, MANNERS)),
    ),
    ...defined(
      'corrupts',
      node.optional('corrupts', (key) => node.part(key)),
    ),
    ...defined(
      'joinsAtMs',
      node.optional('joins at', (key) => node.time(key)),
    ),
    ...defined(
      'leavesAtMs',
      node.optional('leaves at', (key) => node.time(key)),
    ),
    ...defined(
      'leavesAtPart',
      node.optional('leaves at part', (key) => node.part(key)),
    ),
    ...defined(
      'returnsAfterMs',
      node.optional('returns after', (key) => node.time(key)),
    ),
    ...defined(
      'vanishes',
      node.optional('vanishes', (key) => node.flag(key)),
    ),
    ...defined(
      'freezesAtMs',
      node.optional('freezes at', (key) => node.time(key)),
    ),
    ...defined(
      'freezesForMs',
      node.optional('freezes for', (key) => node.time(key)),
    ),
    ...defined(
      'diskFullAtPart',
      node.optional('disk full at part', (key) => node.part(key)),
    ),
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

/** The fields of one mapping; refuses names that it does not know. */
class Fields {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly path: string,
    names: readonly string[],
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(path, 'must be a mapping');
    this.fields = value as Record<string, unknown>;
    for (const name of Object.keys(this.fields))
      if (!names.includes(name)) throw refuse(`${path}: ${name}`, `is not known; there are ${names.join(', ')}`);
  }

  value(key: string): unknown {
    return this.fields[key];
  }

  optional<T>(key: string, read: (key: string) => T): T | undefined {
    return this.fields[key] === undefined ? undefined : read(key);
  }

  text(key: string): string {
    const value = this.fields[key];
    if (typeof value !== 'string' || value.trim() === '') throw this.refuse(key, 'must be a text');
    return value;
  }

  flag(key: string): boolean {
    const value = this.fields[key];
    if (typeof value !== 'boolean') throw this.refuse(key, 'must be true or false');
    return value;
  }

  oneOf<T extends string>(key: string, names: readonly T[]): T {
    const value = this.fields[key];
    if (!names.includes(value as T)) throw this.refuse(key, `must be one of ${names.join(', ')}`);
    return value as T;
  }

  number(key: string, least: number, most: number): number {
    const value = this.fields[key];
    if (typeof value !== 'number' || !(value >= least && value <= most))
      throw this.refuse(key, `must be a number from ${least} to ${most}`);
    return value;
  }

  whole(key: string, least: number, most: number): number {
    const value = this.number(key, least, most);
    if (!Number.isInteger(value)) throw this.refuse(key, 'must be a whole number');
    return value;
  }

  part(key: string): number {
    if (this.fields[key] === 'all') return 1;
    if (this.fields[key] === 'none') return 0;
    return this.number(key, 0, 1);
  }

  bytes(key: string, least = 1, most = Number.MAX_SAFE_INTEGER): number {
    const bytes = Math.round(this.measure(key, BYTE_UNITS, '', 'a size such as 64 MiB'));
    if (bytes < least || bytes > most) throw this.refuse(key, `must be from ${least} to ${most} bytes`);
    return bytes;
  }

  /** Bytes per second. */
  rate(key: string): number {
    const rate = this.measure(key, BYTE_UNITS, '/s', 'a rate such as 4 MiB/s');
    if (!(rate > 0)) throw this.refuse(key, 'must be above 0');
    return rate;
  }

  /** ms. */
  time(key: string): number {
    return this.measure(key, TIME_UNITS, '', 'a time such as 20 ms or 2 s');
  }

  pieceLength(key: string): number {
    const length = this.bytes(key);
    if (length < 16_384 || !Number.isInteger(Math.log2(length))) throw this.refuse(key, 'must be a power of two from 16 KiB');
    return length;
  }

  private measure(key: string, units: Readonly<Record<string, number>>, suffix: string, what: string): number {
    const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)(\/s)?$/.exec(String(this.fields[key] ?? ''));
    const unit = units[match?.[2] ?? ''];
    if (!match || unit === undefined || (match[3] ?? '') !== suffix) throw this.refuse(key, `must be ${what}`);
    return Number(match[1]) * unit;
  }

  private refuse(key: string, why: string): PageSwarmError {
    return refuse(`${this.path}: ${key}`, why);
  }
}

function refuse(field: string, why: string): PageSwarmError {
  return new PageSwarmError('INVALID_REQUEST', `${field} ${why}`);
}

function defined<Key extends string, T>(key: Key, value: T | undefined): { [K in Key]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]: T });
}
