import { describe, expect, it } from '@jest/globals';
import { readScenario } from './read-scenario.ts';

const valid = {
  name: 'two hosts',
  document: { size: '64 MiB', 'piece length': '64 KiB', pages: 12 },
  strategy: 'cascade',
  limits: { stallTimeoutMs: 2_000 },
  nodes: [
    { name: 'host', count: 2, has: 'all', up: '1.5 MiB/s', down: '2 MB/s', latency: '20 ms', 'leaves at': '2 s', vanishes: true },
    { name: 'reader', has: 0.5, up: '100 KiB/s', down: '1 GiB/s', latency: '0 ms' },
  ],
};

describe('a scenario file', () => {
  it('is read with its units', () => {
    expect(readScenario(valid)).toEqual({
      name: 'two hosts',
      document: { size: 64 * 2 ** 20, pieceLength: 65_536, pages: 12 },
      strategy: 'cascade',
      limits: { stallTimeoutMs: 2_000 },
      nodes: [
        { name: 'host', count: 2, has: 1, up: 1.5 * 2 ** 20, down: 2e6, latencyMs: 20, leavesAtMs: 2_000, vanishes: true },
        { name: 'reader', has: 0.5, up: 100 * 2 ** 10, down: 2 ** 30, latencyMs: 0 },
      ],
    });
  });

  it('may have sites, limits, churn and what others published', () => {
    const [host, reader] = valid.nodes;
    const scenario = readScenario({
      ...valid,
      links: [{ between: ['town', 'country'], rate: '1 MiB/s', latency: '40 ms' }],
      published: { by: 'Kraken', p50: 1, 'p99.9': 2.2 },
      nodes: [
        { ...host, site: 'town', limited: true, 'max connections': 10 },
        { ...reader, site: 'country', 'free rides': true, 'joins every': '400 ms', stays: '2 s' },
      ],
    });
    expect(scenario.links).toEqual([{ between: ['town', 'country'], rate: 2 ** 20, latencyMs: 40 }]);
    expect(scenario.published).toEqual({ by: 'Kraken', p50: 1, p999: 2.2 });
    expect(scenario.nodes[0]).toMatchObject({ site: 'town', limited: true, maxConnections: 10 });
    expect(scenario.nodes[1]).toMatchObject({ site: 'country', freeRides: true, joinsEveryMs: 400, staysMs: 2_000 });
  });

  it.each([
    [{ ...valid, links: [{ between: ['a'], rate: '1 MiB/s', latency: '1 ms' }] }, 'links[0]: between must be a list of two sites'],
    [
      { ...valid, links: [{ between: ['a', 'b'], rate: '1 MiB/s', latency: '1 ms' }] },
      'links[0]: between names the site a, in which no node',
    ],
    [{ ...valid, nodes: 'many' }, 'nodes must be a list'],
    [null, 'the scenario must be a mapping'],
    [{ ...valid, nodes: [] }, 'nodes must be a list with at least one node'],
    [{ ...valid, nod: 1 }, 'the scenario: nod is not known'],
    [{ ...valid, strategy: 'fastest' }, 'the scenario: strategy must be one of adaptive, cascade, rarest-first, sequential'],
    [{ ...valid, document: { size: '64' } }, 'document: size must be a size such as 64 MiB'],
    [{ ...valid, document: { size: '0 B' } }, 'document: size must be from 1 to'],
    [{ ...valid, document: { size: '1 MiB', 'piece length': '48 KiB' } }, 'document: piece length must be a power of two from 16 KiB'],
    [{ ...valid, limits: { patience: 1 } }, 'limits: patience is not known'],
    [{ ...valid, nodes: [{ ...valid.nodes[0], up: '1 MiB' }] }, 'nodes[0]: up must be a rate such as 4 MiB/s'],
    [{ ...valid, nodes: [{ ...valid.nodes[0], latency: -1 }] }, 'nodes[0]: latency must be a time such as 20 ms or 2 s'],
    [{ ...valid, nodes: [{ ...valid.nodes[0], has: 2 }] }, 'nodes[0]: has must be a number from 0 to 1'],
    [{ ...valid, nodes: [{ ...valid.nodes[0], vanishes: 'yes' }] }, 'nodes[0]: vanishes must be true or false'],
    [
      {
        ...valid,
        nodes: [
          { ...valid.nodes[0], count: 9_000 },
          { ...valid.nodes[0], count: 2_000 },
        ],
      },
      'nodes are 11000 in all, at most 10000',
    ],
  ])('with a mistake is refused with the field that is wrong (%#)', (value, message) => {
    expect(() => readScenario(value)).toThrow(message);
  });
});
