// Asks a host while strangers attack it, and weighs idle connections; reports to its parent.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { peerId } from '@pageswarm/primitives';
import { DEFAULT_LIMITS, SwarmClient } from '@pageswarm/transport';
import { type Measurement, median } from './bench.ts';
import type { BenchReport } from './transport-sides.ts';
import {
  ATTACKS,
  type Attack,
  type HostPorts,
  IDLE_CONNECTIONS,
  type MemoryReport,
  NEVER_READING,
  type Order,
} from './transport-strangers.ts';
import { TransportTable } from './transport-table.ts';

const ROUNDS = 3;
const LISTEN_MS = 1_000;
const SETTLE_MS = 300;
const MIB = 2 ** 20;
/** A process of Node with Nest in it, and what ten thousand half-open sockets cost it. */
const HOST_MIB = 192;
const IDLE_KIB = 32;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Orders a child and waits for what it answers. */
async function told<T>(child: ChildProcess, order: Order | 'memory'): Promise<T> {
  child.send(order);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}

/** The median time of a small request, one at a time, in ms. */
async function latency(client: SwarmClient): Promise<number> {
  const times: number[] = [];
  for (const end = performance.now() + LISTEN_MS; performance.now() < end; ) {
    const started = performance.now();
    await client.request('fast', { page: 7 });
    times.push(performance.now() - started);
    await sleep(1);
  }
  return median(times);
}

async function connections(host: ChildProcess, wanted: number): Promise<MemoryReport> {
  for (;;) {
    const report = await told<MemoryReport>(host, 'memory');
    if (report.connections === wanted) return report;
    await sleep(100);
  }
}

/** Bytes of RSS per idle connection at both ends; the host is fresh, so that it holds no memory that it could reuse. */
async function weighIdle(): Promise<Measurement[]> {
  const { host, attacker, end } = await start();
  const [hostBefore, clientsBefore] = [await connections(host, 0), await told<MemoryReport>(attacker, 'stop')];
  const clientsAfter = await told<MemoryReport>(attacker, { idle: IDLE_CONNECTIONS });
  await sleep(2_000);
  const hostAfter = await connections(host, IDLE_CONNECTIONS);
  end();
  const kib = (after: MemoryReport, before: MemoryReport): number => (after.rss - before.rss) / IDLE_CONNECTIONS / 1_024;
  const table = new TransportTable();
  const ends: [string, number][] = [
    ['acceptor', kib(hostAfter, hostBefore)],
    ['connector', kib(clientsAfter, clientsBefore)],
  ];
  for (const [name, weight] of ends) {
    const what = `RSS of one of ${IDLE_CONNECTIONS} idle connections, ${name}`;
    table.add(what, 'KiB', weight);
    table.atMost(what, IDLE_KIB);
  }
  return table.measurements();
}

async function start(): Promise<{ host: ChildProcess; attacker: ChildProcess; ports: HostPorts; end(): void }> {
  const host = fork(new URL('./transport-host.child.js', import.meta.url));
  const [ports] = (await once(host, 'message')) as [HostPorts];
  const attacker = fork(new URL('./transport-attacker.child.js', import.meta.url), [JSON.stringify(ports)]);
  return { host, attacker, ports, end: () => [host, attacker].map((child) => child.disconnect()) };
}

/** Latency of others under each attack as a share of their latency right before, and the memory of the host. */
async function underAttack(tell: (line: string) => void): Promise<Measurement[]> {
  const { host, attacker, ports, end } = await start();
  const identity = { peerId: peerId('b'.repeat(40)), role: 'tool' } as const;
  const client = new SwarmClient({ endpoint: { host: '127.0.0.1', port: ports.open }, identity });
  for (let count = 0; count < 2_000; count++) await client.request('fast', { page: 7 });
  const table = new TransportTable();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const attack of ATTACKS) {
      const normal = await latency(client);
      await told(attacker, { attack });
      await sleep(SETTLE_MS);
      table.add(latencyLine(attack), '', (await latency(client)) / normal);
      const memory = await told<MemoryReport>(host, 'memory');
      table.add(memoryLine(attack), 'MiB', memory.rss / MIB);
      table.add(`strangers that the host keeps of ${attack}`, '', memory.connections - 1);
      await told(attacker, 'stop');
      await connections(host, 1);
    }
    tell(`strangers: round ${round} of ${ROUNDS}`);
  }
  await client.close();
  end();
  for (const attack of ATTACKS) {
    table.atMost(latencyLine(attack), 2);
    table.atMost(memoryLine(attack), mostMemory(attack));
  }
  return table.measurements();
}

const latencyLine = (attack: Attack): string => `latency of others beside ${attack}, share of normal`;
const memoryLine = (attack: Attack): string => `RSS of the host under ${attack}`;

/**
 * What the host may hold, in MiB: a process that has just begun, and what its limits let strangers fill. Answers that
 * nobody reads may wait up to a quarter of maxWriteQueueBytes on each connection; every other attack costs next to nothing.
 */
function mostMemory(attack: Attack): number {
  const unread = attack === 'readers that never read' ? (NEVER_READING * DEFAULT_LIMITS.maxWriteQueueBytes) / 4 / MIB : 0;
  return HOST_MIB + 1.25 * unread;
}

const report = (what: BenchReport): void => void process.send?.(what);
report({ measurements: [...(await weighIdle()), ...(await underAttack((line) => report({ line })))] });
process.once('disconnect', () => process.exit());
