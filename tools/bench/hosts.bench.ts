import { join } from 'node:path';
import type { StartDownload } from '@pageswarm/contracts';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import type { Bench, Measurement } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { DelayLink } from './delay-link.ts';

const MIB = 1_048_576;
const RUNS = 3;
const OURS = 'PageSwarm';
const INSPECTION_LIMIT_MS = 60_000;
const DOWNLOAD_LIMIT_MS = 120_000;

/** Eight peers that want the same document at once, and one that has it; each sends 4 MiB/s at the most. */
export const crowdBench: Bench = {
  name: 'crowd',
  about: '40 MiB from 1 seed to 8 peers at once, 4 MiB/s up each, against the fluid bound of 10.0 s',
  run: (tell) => withTemporarySwarm(9, (swarm, folder) => crowd(swarm, folder, tell)),
};

/** One peer that downloads from hosts of very different rates. */
export const hostsBench: Bench = {
  name: 'hosts',
  about: '128 MiB from hosts of 20, 10 and 2 MiB/s, of which the slowest is the nearest, against the bound of 4.0 s',
  run: runUnequalHosts,
};

async function crowd(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const [leechers, rate, pages] = [8, 4 * MIB, 40];
  const peers = Array.from({ length: leechers }, (_, index) => index + 2);
  for (const peer of [1, ...peers]) await limitUpload(swarm, peer, rate);
  const { id, size } = await addDocument(swarm, folder, pages, [1]);
  // F/u of the seed, and all copies over all uploads: the larger of both is what no protocol can beat.
  const bound = Math.max(size / rate, (leechers * size) / ((leechers + 1) * rate));
  const results = { efficiency: [] as number[], copies: [] as number[], duplicates: [] as number[] };
  for (let round = 1; round <= RUNS; round++) {
    const sentBefore = await uploaded(swarm, 1);
    const { seconds, received } = await downloadOn(swarm, peers, { id });
    results.efficiency.push(bound / seconds);
    results.copies.push(((await uploaded(swarm, 1)) - sentBefore) / size);
    results.duplicates.push((received / (leechers * size) - 1) * 100);
    tell(`round ${round}: the last of ${leechers} was done after ${seconds.toFixed(1)} s, the bound is ${bound.toFixed(1)} s`);
    for (const peer of peers) await swarm.peer(peer).remove(id);
  }
  return [
    { what: OURS, unit: 'efficiency', runs: results.efficiency, asked: { atLeast: 0.85 }, note: 'bound / last finisher' },
    { what: 'copies that the seed sent', unit: 'x', runs: results.copies, asked: { atMost: 1.3 } },
    { what: 'bytes that came twice', unit: '%', runs: results.duplicates, asked: { atMost: 1 } },
  ];
}

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

async function addDocument(
  swarm: LocalSwarm,
  folder: string,
  pages: number,
  peers: readonly number[],
): Promise<{ id: string; size: number }> {
  const path = join(folder, 'big.pdf');
  await writeBigDocument(path, pages);
  for (const peer of peers) await swarm.peer(peer).addInspected('big.pdf', path, INSPECTION_LIMIT_MS);
  return swarm.peer(peers[0] as number).document((await swarm.peer(peers[0] as number).documents()).items[0]?.id as string);
}

async function limitUpload(swarm: LocalSwarm, peer: number, rate: number): Promise<void> {
  const { ok, status } = await fetch(`${swarm.peer(peer).base}/api/v1/node/limits`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ upload: { node: rate } }),
  });
  if (!ok) throw new Error(`The limit of peer ${peer} was refused with ${status}`);
}

/** Document bytes that a peer has sent so far. */
async function uploaded(swarm: LocalSwarm, peer: number): Promise<number> {
  const metrics = await (await fetch(`${swarm.peer(peer).base}/metrics`)).text();
  return Number(/^pageswarm_peer_uploaded_bytes_total(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1]);
}

/** The same download on several peers at once. @returns seconds to the last of them, all bytes that came, and from whom to the first of them */
async function downloadOn(
  swarm: LocalSwarm,
  peers: readonly number[],
  order: StartDownload,
): Promise<{ seconds: number; received: number; hosts: string }> {
  const started = performance.now();
  const downloads = await Promise.all(
    peers.map(async (number) => {
      const peer = swarm.peer(number);
      const download = await peer.followDownload((await peer.startDownload(order)).id, DOWNLOAD_LIMIT_MS);
      if (download.state !== 'done') throw new Error(`The download of peer ${number} is ${download.state}: ${download.error?.detail}`);
      return download;
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  const hosts = downloads[0]?.hosts.map(({ bytes, latencyMs }) => `${(bytes / MIB).toFixed(0)} MiB at ${latencyMs?.toFixed(0)} ms`) ?? [];
  return { seconds, received: downloads.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0), hosts: hosts.join(', ') };
}
