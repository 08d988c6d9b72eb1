import { describe, expect, it } from '@jest/globals';
import type { StrategyName } from '@pageswarm/engine';
import { fluidBoundMs } from './fluid-bound.ts';
import { formatResult } from './report.ts';
import type { NodeScenario, Scenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const MIB = 2 ** 20;

function host(name: string, rate: number, latencyMs: number, more: Partial<NodeScenario> = {}): NodeScenario {
  return { name, has: 1, up: rate * MIB, down: rate * MIB, latencyMs, ...more };
}

const reader: NodeScenario = { name: 'reader', has: 0, up: 10 * MIB, down: 200 * MIB, latencyMs: 1 };

function scenario(size: number, nodes: NodeScenario[], strategy: StrategyName = 'adaptive'): Scenario {
  return { name: 'test', document: { size: size * MIB }, nodes, strategy };
}

describe('a simulation', () => {
  const crowd = scenario(8, [host('source', 4, 5), { ...reader, name: 'peer', count: 5, up: 4 * MIB, down: 20 * MIB }]);

  it('gives the same events byte for byte for the same seed, and others for another', () => {
    const logOf = (seed: number) => {
      const lines: string[] = [];
      const result = simulate(crowd, seed, { log: (line) => lines.push(line) });
      return { lines: lines.join('\n'), result: JSON.stringify(result) };
    };
    expect(logOf(7)).toEqual(logOf(7));
    expect(logOf(8).lines).not.toEqual(logOf(7).lines);
  });

  it('takes the time that arithmetic says for one host and one reader', () => {
    const result = simulate(scenario(16, [host('only', 8, 10), { ...reader, latencyMs: 10 }]), 1);
    expect(result.boundMs).toBe(2_000);
    // A download begins with its order: the lookup and seven round trips of preparation come first, 145 ms.
    expect(result.makespanMs).toBeGreaterThan(2_145);
    expect(result.makespanMs).toBeLessThan(2_300);
  });

  it('says who sent what to whom', () => {
    const result = simulate(crowd, 1);
    const received = result.nodes.map((_, to) => result.sent.reduce((sum, flow) => sum + (flow.to === to ? flow.bytes : 0), 0));
    expect(received).toEqual(result.nodes.map((node) => node.bytesReceived));
    expect(formatResult(result)).toContain('peer-5');
  });

  it('says so when a download fails', () => {
    const result = simulate(scenario(1, [host('source', 1, 1, { leavesAtMs: 300 }), reader]), 1);
    expect(result).toMatchObject({ makespanMs: null, efficiency: null, nodes: [{}, { state: 'failed', error: { code: 'NO_HOSTS' } }] });
    expect(formatResult(result)).toContain('NO_HOSTS');
  });

  it('refuses to run on for ever', () => {
    expect(() => simulate({ ...scenario(64, [host('source', 1, 1), reader]), endsAtMs: 5_000 }, 3)).toThrow(
      '"test" with seed 3 did not end within 5000 ms',
    );
  });
});

describe('a network', () => {
  const two = (more: Partial<Scenario>, host1: Partial<NodeScenario> = {}, reader1: Partial<NodeScenario> = {}) =>
    simulate({ ...scenario(8, [host('only', 8, 1, host1), { ...reader, ...reader1 }]), ...more }, 1);

  it('has thin links between sites, which everybody shares', () => {
    const links = [{ between: ['here', 'there'] as const, rate: 2 * MIB, latencyMs: 40 }];
    const { makespanMs, boundMs } = two({ links }, { site: 'here' }, { site: 'there' });
    expect(boundMs).toBe(4_000);
    expect(makespanMs).toBeGreaterThan(4_000);
    expect(makespanMs).toBeLessThan(4_700);
    expect(two({ links }, { site: 'here' }, { site: 'here' }).makespanMs).toBeLessThan(1_200);
  });

  it('sends a turn at once and waits afterwards where a rate is a limit and no link', () => {
    const [limit, link] = [two({}, { limited: true }).makespanMs, two({}).makespanMs] as [number, number];
    expect(limit).toBeLessThan(link);
    expect(limit).toBeGreaterThan(850);
  });

  it('turns away who comes when a node has all connections that it takes', () => {
    const nodes = [host('only', 8, 1, { maxConnections: 1 }), { ...reader, count: 2 }];
    const { nodes: ends } = simulate(scenario(1, nodes), 1);
    expect(ends.map(({ state }) => state)).toEqual(['seeding', 'done', 'done']);
    expect(ends.map(({ bytesSent }) => bytesSent)).toEqual([MIB, MIB, 0]);
  });

  it('gets nothing from free riders', () => {
    const nodes = [host('only', 2, 1), { ...reader, name: 'rider', count: 3, freeRides: true }];
    expect(
      simulate(scenario(4, nodes), 1)
        .nodes.slice(1)
        .map(({ state, bytesSent }) => [state, bytesSent]),
    ).toEqual(Array.from({ length: 3 }, () => ['done', 0]));
  });

  it('has nodes that come one by one and leave when they have stayed', () => {
    const nodes = [host('only', 8, 1), { ...reader, name: 'passing', count: 3, joinsEveryMs: 1_000, staysMs: 100 }];
    const { nodes: ends } = simulate(scenario(1, nodes), 1);
    expect(ends.slice(1).map(({ joinedAtMs }) => joinedAtMs)).toEqual([0, 1_000, 2_000]);
    expect(ends.map(({ bytesSent }) => bytesSent)).toEqual([3 * MIB, 0, 0, 0]);
  });
});

describe('the strategies', () => {
  const equal = (strategy: StrategyName) => simulate(scenario(64, [host('near', 10, 1), host('far', 10, 10), reader], strategy), 1);
  const uneven = (strategy: StrategyName) =>
    simulate(scenario(128, [host('slow', 2, 1), host('fast', 20, 20), host('middling', 10, 30), reader], strategy), 1);

  it('the bare cascade takes 1.5 times as long as an even split over two equal hosts', () => {
    expect(equal('cascade').efficiency).toBeCloseTo(1 / 1.5, 1);
  });

  it('adaptive comes within 3 percent of an even split', () => {
    expect(equal('adaptive').efficiency).toBeGreaterThan(0.97);
  });

  it('adaptive stays within 1.10 of the bound on hosts of 20, 10 and 2 MiB/s, the slowest the nearest; the bare cascade does not', () => {
    const { makespanMs, boundMs, nodes } = uneven('adaptive');
    expect(makespanMs).toBeLessThanOrEqual(1.1 * boundMs);
    expect(nodes[3]?.bytesReceived).toBeLessThanOrEqual(1.02 * 128 * MIB);
    expect(uneven('cascade').makespanMs).toBeGreaterThan(5 * boundMs);
  });

  it('a crowd of eight takes little longer than its source needs to send one copy', () => {
    const result = simulate(
      scenario(40, [host('source', 4, 5), { ...reader, name: 'peer', count: 8, up: 4 * MIB, down: 40 * MIB, latencyMs: 5 }]),
      1,
    );
    expect(result.efficiency).toBeGreaterThanOrEqual(0.85);
    expect(result.nodes[0]?.bytesSent).toBeLessThanOrEqual(1.3 * 40 * MIB);
    for (const node of result.nodes) expect(node.duplicateBytes).toBeLessThanOrEqual(0.01 * 40 * MIB);
  });

  it('liars of a swarm are banned by whom they lied to, and nobody else is', () => {
    const nodes = [host('honest', 8, 5, { count: 3 }), host('poisoner', 20, 1, { count: 2, corrupts: 0.2 }), { ...reader, count: 3 }];
    for (let seed = 1; seed <= 5; seed++)
      for (const node of simulate(scenario(16, nodes), seed).nodes)
        if (node.downloads) expect([node.state, ...[...node.banned].sort()]).toEqual(['done', 'poisoner-1', 'poisoner-2']);
  });

  it('the loss of a host at half costs its part, not the download', () => {
    const nodes = [host('doomed', 10, 1, { leavesAtPart: 0.5, vanishes: true }), host('second', 10, 5), host('third', 10, 10), reader];
    const { makespanMs } = simulate(scenario(64, nodes), 1);
    // 32 MiB at 30 MiB/s, then 32 at 20: 2.67 s.
    expect(makespanMs).toBeLessThan(3_000);
  });
});

describe('the fluid bound', () => {
  it('is set by the source, by the slowest link down, or by all links up together', () => {
    expect(fluidBoundMs(100, [{ up: 10, down: 1 }], [{ up: 50, down: 50 }])).toBe(10_000);
    expect(fluidBoundMs(100, [{ up: 100, down: 1 }], [{ up: 50, down: 4 }])).toBe(25_000);
    expect(
      fluidBoundMs(
        100,
        [{ up: 20, down: 1 }],
        [
          { up: 0, down: 99 },
          { up: 5, down: 99 },
        ],
      ),
    ).toBe(8_000);
    expect(fluidBoundMs(100, [], [{ up: 5, down: 99 }])).toBe(0);
  });
});
