// What the benchmarks of whole swarms ask of peers.
import { join } from 'node:path';
import type { Download, StartDownload } from '@pageswarm/contracts';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { writeBigDocument } from './big-document.ts';

export const MIB = 1_048_576;
const INSPECTION_LIMIT_MS = 60_000;
const DOWNLOAD_LIMIT_MS = 120_000;

/** Shares a document of so many pages of 1 MiB, `big.pdf` in the folder, from these peers. */
export async function addDocument(
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

/** @param rate bytes per second */
export async function limitUpload(swarm: LocalSwarm, peer: number, rate: number): Promise<void> {
  const { ok, status } = await fetch(`${swarm.peer(peer).base}/api/v1/node/limits`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ upload: { node: rate } }),
  });
  if (!ok) throw new Error(`The limit of peer ${peer} was refused with ${status}`);
}

/** Document bytes that a peer has sent so far. */
export async function uploaded(swarm: LocalSwarm, peer: number): Promise<number> {
  const metrics = await (await fetch(`${swarm.peer(peer).base}/metrics`)).text();
  return Number(/^pageswarm_peer_uploaded_bytes_total(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1]);
}

/** A download on several peers, from the order on. */
export interface OrderedDownload {
  /** Until the last of them is done, in seconds. */
  readonly seconds: number;
  /** Until the last of them has every piece verified and stored, as its owner sees it, in seconds. */
  readonly stored: number;
  /** Bytes that came to all of them. */
  readonly received: number;
  /** From whom the first of them got what. */
  readonly hosts: string;
}

/**
 * The same download on several peers at once.
 * @param lookIntervalMs time between two looks at each of them, which cost the peer and the benchmark time that others need
 */
export async function downloadOn(
  swarm: LocalSwarm,
  peers: readonly number[],
  order: StartDownload,
  lookIntervalMs?: number,
): Promise<OrderedDownload> {
  const started = performance.now();
  const since = () => (performance.now() - started) / 1_000;
  const stored: number[] = [];
  const downloads = await Promise.all(
    peers.map(async (number, place) => {
      const peer = swarm.peer(number);
      const { id } = await peer.startDownload(order);
      const watch = ({ pieces }: Download) => {
        if (pieces.have === pieces.total) stored[place] ??= since();
      };
      const download = await peer.followDownload(id, DOWNLOAD_LIMIT_MS, watch, lookIntervalMs);
      if (download.state !== 'done') throw new Error(`The download of peer ${number} is ${download.state}: ${download.error?.detail}`);
      return download;
    }),
  );
  const seconds = since();
  const hosts = downloads[0]?.hosts.map(({ bytes, latencyMs }) => `${(bytes / MIB).toFixed(0)} MiB at ${latencyMs?.toFixed(0)} ms`) ?? [];
  return {
    seconds,
    stored: Math.max(...stored),
    received: downloads.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
    hosts: hosts.join(', '),
  };
}
