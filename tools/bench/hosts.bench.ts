import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import type { Bench, Measurement } from './bench.ts';
import { DelayLink } from './delay-link.ts';
import { addDocument, downloadOn, limitUpload, MIB } from './swarm-orders.ts';

const RUNS = 3;

/** One peer that downloads from hosts of very different rates. */
export const hostsBench: Bench = {
  name: 'hosts',
  about: '128 MiB from hosts of 20, 10 and 2 MiB/s, of which the slowest is the nearest, against the bound of 4.0 s',
  run: runUnequalHosts,
};

/** Bytes per second and round trip of each host. The bare cascade gives the most to the nearest. */
const UNEQUAL_HOSTS = [
  { rate: 20 * MIB, roundTripMs: 40 },
  { rate: 10 * MIB, roundTripMs: 20 },
  { rate: 2 * MIB, roundTripMs: 2 },
];

async function runUnequalHosts(tell: (line: string) => void): Promise<Measurement[]> {
  const links = UNEQUAL_HOSTS.map(({ roundTripMs }) => new DelayLink(roundTripMs));
  const ports = new Map<number, number>();
  for (const [index, link] of links.entries()) ports.set(index + 1, await link.listen());
  try {
    return await withTemporarySwarm(
      4,
      (swarm, folder) => {
        for (const [index, link] of links.entries()) link.target = portOf(swarm.process(`peer-${index + 1}`).transport);
        return unequalHosts(swarm, folder, tell);
      },
      ports,
    );
  } finally {
    for (const link of links) link.close();
  }
}

async function unequalHosts(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  for (const [index, { rate }] of UNEQUAL_HOSTS.entries()) await limitUpload(swarm, index + 1, rate);
  const { id, size } = await addDocument(swarm, folder, 128, [1, 2, 3]);
  const bound = size / UNEQUAL_HOSTS.reduce((sum, { rate }) => sum + rate, 0);
  // The bare cascade takes so long that once is enough.
  const rounds = [...Array.from({ length: RUNS }, () => 'adaptive' as const), 'cascade' as const];
  const times: Record<(typeof rounds)[number], number[]> = { adaptive: [], cascade: [] };
  for (const strategy of rounds) {
    const { seconds, hosts } = await downloadOn(swarm, [4], { id, strategy });
    times[strategy].push(seconds / bound);
    tell(`${strategy} took ${seconds.toFixed(1)} s, the bound is ${bound.toFixed(1)} s; ${hosts}`);
    await swarm.peer(4).remove(id);
  }
  return [
    { what: 'adaptive', unit: 'x bound', runs: times.adaptive, asked: { atMost: 1.1 }, note: 'time / bound' },
    { what: 'bare cascade', unit: 'x bound', runs: times.cascade, note: 'by latency alone, to compare with' },
  ];
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
