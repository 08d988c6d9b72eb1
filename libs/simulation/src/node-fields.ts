import { STRATEGY_NAMES, type StrategyName } from '@pageswarm/engine';
import { Fields } from './fields.ts';
import { MANNERS, type NodeScenario } from './scenario.ts';

const NAMES = [
  ...['name', 'count', 'has', 'up', 'down', 'latency', 'site', 'limited', 'idle', 'free rides', 'max connections', 'strategy', 'manner'],
  ...['corrupts', 'joins at', 'joins every', 'leaves at', 'leaves at part', 'stays', 'returns after', 'vanishes', 'freezes at'],
  ...['freezes for', 'disk full at part'],
];

/** One kind of node of a scenario file. @param most the most nodes of one kind @throws PageSwarmError INVALID_REQUEST */
export function readNode(value: unknown, path: string, most: number): NodeScenario {
  const node = new Fields(value, path, NAMES);
  const time = (key: string) => node.time(key);
  const part = (key: string) => node.part(key);
  const flag = (key: string) => node.flag(key);
  return {
    name: node.text('name'),
    ...node.maybe('count', 'count', (key) => node.whole(key, 1, most)),
    has: node.optional('has', part) ?? 0,
    up: node.rate('up'),
    down: node.rate('down'),
    latencyMs: node.time('latency'),
    ...node.maybe('site', 'site', (key) => node.text(key)),
    ...node.maybe('limited', 'limited', flag),
    ...node.maybe('idle', 'idle', flag),
    ...node.maybe('freeRides', 'free rides', flag),
    ...node.maybe('maxConnections', 'max connections', (key) => node.whole(key, 1, most)),
    ...node.maybe('strategy', 'strategy', (key) => node.oneOf<StrategyName>(key, STRATEGY_NAMES)),
    ...node.maybe('manner', 'manner', (key) => node.oneOf(key, MANNERS)),
    ...node.maybe('corrupts', 'corrupts', part),
    ...node.maybe('joinsAtMs', 'joins at', time),
    ...node.maybe('joinsEveryMs', 'joins every', time),
    ...node.maybe('leavesAtMs', 'leaves at', time),
    ...node.maybe('leavesAtPart', 'leaves at part', part),
    ...node.maybe('staysMs', 'stays', time),
    ...node.maybe('returnsAfterMs', 'returns after', time),
    ...node.maybe('vanishes', 'vanishes', flag),
    ...node.maybe('freezesAtMs', 'freezes at', time),
    ...node.maybe('freezesForMs', 'freezes for', time),
    ...node.maybe('diskFullAtPart', 'disk full at part', part),
  };
}
