// Measures the swarm transport beside a bare socket and Nest's TCP transport, all in turns; reports to its parent.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { peerId } from '@pageswarm/primitives';
import { SwarmClient } from '@pageswarm/transport';
import type { Measurement } from './bench.ts';
import { ByteContenders } from './transport-bytes.ts';
import { RequestContenders } from './transport-requests.ts';
import { type BenchPorts, type BenchReport, type CpuMeter, cpuSeconds } from './transport-sides.ts';
import { TransportTable } from './transport-table.ts';

const ROUNDS = 7;

async function measure(answerer: ChildProcess, ports: BenchPorts, tell: (line: string) => void): Promise<Measurement[]> {
  const swarm = new SwarmClient({
    endpoint: { host: '127.0.0.1', port: ports.swarm },
    identity: { peerId: peerId('b'.repeat(40)), role: 'tool' },
  });
  await swarm.connect();
  const [table, cpu] = [new TransportTable(), meter(answerer)];
  const [requests, bytes] = [await RequestContenders.connect(ports, swarm), new ByteContenders(ports, swarm)];
  await requests.warmUp();
  await bytes.round(new TransportTable(), cpu);
  tell('warmed up');
  // Requests and bytes apart, for a collector that has had gigabytes to do treats small requests differently.
  for (let round = 1; round <= ROUNDS; round++) {
    await requests.round(table, cpu);
    tell(`requests: round ${round} of ${ROUNDS}`);
  }
  for (let round = 1; round <= ROUNDS; round++) {
    await bytes.round(table, cpu);
    tell(`bytes: round ${round} of ${ROUNDS}`);
  }
  for (const contenders of [requests, bytes]) {
    contenders.judge(table);
    contenders.close();
  }
  await swarm.close();
  return table.measurements();
}

function meter(answerer: ChildProcess): CpuMeter {
  return {
    async read() {
      answerer.send('cpu');
      const [theirs] = (await once(answerer, 'message')) as [number];
      return { own: cpuSeconds(), theirs };
    },
  };
}

const answerer = fork(new URL('./transport-answerer.child.js', import.meta.url));
const [ports] = (await once(answerer, 'message')) as [BenchPorts];
const report = (what: BenchReport): void => void process.send?.(what);
report({ measurements: await measure(answerer, ports, (line) => report({ line })) });
process.once('disconnect', () => process.exit());
