import { createHash, randomInt } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Document, Download } from '@pageswarm/contracts';
import { noisePdf, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

/** PAGESWARM_TEST_SEED=<n> makes the same documents again. */
export const seed = Number(process.env.PAGESWARM_TEST_SEED ?? randomInt(1_000_000));
process.stdout.write(`faults: the documents have seed ${seed}\n`);

/** A PDF of noise of about so many bytes, in 40 pages. */
export const pdfOf = (bytes: number) => noisePdf({ pages: 40, pageBytes: bytes / 40, seed });
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
export const clientOf = (process: ServiceProcess) => new PeerClient(process.base);
export const hostOf = (download: Download, id: string) => download.hosts.find((host) => host.peerId === id);

/** What a peer tells of itself. */
export async function nodeOf(peer: ServiceProcess) {
  return (await (await fetch(`${peer.base}/api/v1/node`)).json()) as {
    peerId: string;
    trackers: { connected: boolean; reachable: boolean | null; detail: string }[];
  };
}

/** Adds a document on each of these peers. */
export async function addOn(peers: readonly ServiceProcess[], bytes: Uint8Array): Promise<Document> {
  const added = await Promise.all(peers.map((peer) => clientOf(peer).add('Noise.pdf', bytes)));
  return added[0] as Document;
}

/** Asks a peer to go on with a download that stopped. */
export async function resume(peer: ServiceProcess, id: string): Promise<Response> {
  return fetch(`${peer.base}/api/v1/downloads/${id}/resume`, { method: 'POST' });
}

/** Waits until a download has so many of its pieces, while it runs. */
export async function reach(peer: ServiceProcess, id: string, share: number): Promise<Download> {
  return waitUntil(`${share * 100} % of download ${id}`, 30_000, async () => {
    const download = await clientOf(peer).download(id);
    if (download.state === 'failed') throw new Error(download.error?.detail);
    return download.pieces.have >= share * download.pieces.total && download;
  });
}

/** Expects that a download ended with these bytes, by its own word and by what the peer serves. */
export async function expectWhole(peer: ServiceProcess, download: Download, bytes: Uint8Array): Promise<void> {
  expect([download.state, download.error]).toEqual(['done', null]);
  expect(download.md5).toEqual({ expected: md5(bytes), actual: md5(bytes) });
  expect(download.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(await clientOf(peer).contentHashes(download.documentId)).toMatchObject({ size: bytes.length, md5: md5(bytes) });
}
