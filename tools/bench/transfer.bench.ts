import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { fileHashes } from '../local-swarm/sharing.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import type { Bench, Measurement } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { rawCopy } from './raw-copy.ts';

const PAGES_OF_ONE_MIB = 512;
const RUNS = 3;
const INSPECTION_LIMIT_MS = 120_000;
const DOWNLOAD_LIMIT_MS = 300_000;

/** 512 MiB over loopback from one host, every piece verified, beside a plain socket copy of the same file in turn. */
export const transferBench: Bench = {
  name: 'transfer',
  about: '512 MiB over loopback from one host, verified, beside a raw node:net copy',
  run,
};

function run(tell: (line: string) => void): Promise<Measurement[]> {
  return withTemporarySwarm(2, (swarm, folder) => measure(swarm, folder, tell));
}

async function measure(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const path = join(folder, 'big.pdf');
  await writeBigDocument(path, PAGES_OF_ONE_MIB);
  const megabytes = (await stat(path)).size / 1e6;
  const { sha256 } = await fileHashes(path);
  const { id } = await swarm.peer(1).addInspected('big.pdf', path, INSPECTION_LIMIT_MS);
  const transferred: number[] = [];
  const copied: number[] = [];
  for (let round = 1; round <= RUNS; round++) {
    const target = join(folder, 'copy.pdf');
    copied.push(megabytes / (await rawCopy(path, target)));
    await rm(target);
    transferred.push(megabytes / (await download(swarm, id, sha256)));
    tell(`round ${round}: raw copy ${copied.at(-1)?.toFixed(1)} MB/s, swarm ${transferred.at(-1)?.toFixed(1)} MB/s`);
    await swarm.peer(2).remove(id);
  }
  return [
    { what: `raw node:net copy, ${PAGES_OF_ONE_MIB} MiB`, unit: 'MB/s', runs: copied, note: 'disk to disk, nothing verified' },
    { what: `download from one host, ${PAGES_OF_ONE_MIB} MiB`, unit: 'MB/s', runs: transferred, note: 'every piece and the md5 verified' },
  ];
}

/** @returns seconds from asking to done, as the peer's owner sees it */
async function download(swarm: LocalSwarm, id: string, sha256: string): Promise<number> {
  const peer = swarm.peer(2);
  const started = performance.now();
  const { id: downloadId } = await peer.startDownload({ id });
  const { state, error, md5 } = await peer.followDownload(downloadId, DOWNLOAD_LIMIT_MS);
  const seconds = (performance.now() - started) / 1_000;
  if (state !== 'done' || md5.actual !== md5.expected) throw new Error(`The download is ${state}: ${error?.detail}`);
  if ((await peer.contentHashes(id)).sha256 !== sha256) throw new Error('The downloaded bytes are not those of the file');
  return seconds;
}
