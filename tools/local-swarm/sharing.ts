import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Document } from '@pageswarm/contracts';
import { FIELD_GUIDE, LEAFLET, PHYSICS, type SampleDocument } from '../sample-maker/sample-documents.ts';
import type { SampleFile } from '../sample-maker/sample-folder.ts';
import type { LocalSwarm } from './local-swarm.ts';
import { RestProblem } from './rest-client.ts';

/** Which peers get which sample at start. The big one lies on both, so that a third peer finds two hosts. */
export const SHARED_SAMPLES: readonly { readonly sample: SampleDocument; readonly peers: readonly number[] }[] = [
  { sample: FIELD_GUIDE, peers: [1, 2] },
  { sample: PHYSICS, peers: [1] },
  { sample: LEAFLET, peers: [2] },
];

/** Time that the pdf-worker may take for one sample, in milliseconds. */
const INSPECTION_LIMIT_MS = 60_000;

/** What became of one sample on one peer. */
export interface SharedSample {
  readonly file: SampleFile;
  readonly peer: number;
  /** Undefined if the peer had it already. */
  readonly added: Document | undefined;
}

/**
 * Adds the samples on the peers that share them, as far as the swarm has those peers.
 * @throws RestProblem for anything but success and "already here"
 */
export async function shareSamples(swarm: LocalSwarm, files: readonly SampleFile[]): Promise<SharedSample[]> {
  const shared: SharedSample[] = [];
  for (const { sample, peers } of SHARED_SAMPLES) {
    const file = files.find((candidate) => candidate.sample === sample);
    if (!file) continue;
    for (const peer of peers) if (peer <= swarm.peerCount) shared.push({ file, peer, added: await addUnlessThere(swarm, peer, file) });
  }
  return shared;
}

async function addUnlessThere(swarm: LocalSwarm, peer: number, file: SampleFile): Promise<Document | undefined> {
  try {
    return await swarm.peer(peer).addInspected(file.sample.fileName, file.path, INSPECTION_LIMIT_MS);
  } catch (error) {
    if (error instanceof RestProblem && error.code === 'DOCUMENT_EXISTS') return undefined;
    throw error;
  }
}

/** Size, md5 and SHA-256 of a file on disk. */
export async function fileHashes(path: string): Promise<{ size: number; md5: string; sha256: string }> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  let size = 0;
  for await (const chunk of createReadStream(path)) {
    size += chunk.length;
    md5.update(chunk);
    sha256.update(chunk);
  }
  return { size, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}
