import { join } from 'node:path';
import type { Document, Download } from '@pageswarm/contracts';
import { noisePdf, type ProcessSwarm, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

export const MIB = 1_048_576;
/** A PDF of noise of about so many bytes, in eight pages. */
export const pdfOf = (bytes: number, seed: number) => noisePdf({ pages: 8, pageBytes: bytes / 8, seed });
export const clientOf = (peer: ServiceProcess) => new PeerClient(peer.base);

/** A host that sends slowly, its documents, and a reader that runs one download at a time. */
export async function slowSwarm(
  swarm: ProcessSwarm,
  documents: readonly Uint8Array[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ host: ServiceProcess; reader: ServiceProcess; added: Document[] }> {
  await swarm.startTracker();
  const [host, reader] = await Promise.all([
    swarm.startPeer('host', { env: { PAGESWARM_UPLOAD_LIMIT_BYTES: String(MIB) } }),
    swarm.startPeer('reader', { env: { PAGESWARM_MAX_ACTIVE_DOWNLOADS: '1', ...env } }),
  ]);
  const added: Document[] = [];
  for (const [index, bytes] of documents.entries()) added.push(await clientOf(host).add(`Noise ${index}.pdf`, bytes));
  return { host, reader, added };
}

/** Sends a request to a peer as its owner. */
export async function send(peer: ServiceProcess, method: string, path: string, body?: unknown) {
  const response = await fetch(`${peer.base}/api/v1/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: a download, limits or a problem
  return { status: response.status, json: (text ? JSON.parse(text) : undefined) as any };
}

/** Waits until a download is as wanted. */
export const reach = (peer: ServiceProcess, id: string, is: (download: Download) => boolean, what: string) =>
  waitUntil(what, 30_000, async () => {
    const download = await clientOf(peer).download(id);
    return is(download) && download;
  });

export const logOf = (swarm: ProcessSwarm, { name }: ServiceProcess) => join(swarm.folder, `${name}.log`);

/** Lets a host send as fast as it can. */
export const lift = (host: ServiceProcess) => send(host, 'PATCH', 'node/limits', { upload: { node: null } });
