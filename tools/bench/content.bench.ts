import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import type { Bench, Measurement } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { cpuSeconds, LineProcess } from './rival.ts';

const PAGES_OF_ONE_MIB = 512;
const RUNS = 5;
const INSPECTION_LIMIT_MS = 120_000;

/** What a reader in a browser and a web seed cost the peer. */
export const contentBench: Bench = {
  name: 'content',
  about: '512 MiB read from a peer over HTTP, beside the same file from a bare node:http in turn',
  run: (tell) => withTemporarySwarm(1, (swarm, folder) => measure(swarm, folder, tell)),
};

interface Reading {
  readonly megabytesPerSecond: number;
  /** Processor time of whoever sends, in seconds per GiB. */
  readonly cpu: number;
}

async function measure(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const path = join(folder, 'big.pdf');
  await writeBigDocument(path, PAGES_OF_ONE_MIB);
  const { size } = await stat(path);
  const piped = new LineProcess(process.execPath, [fileURLToPath(new URL('./piped-file.child.js', import.meta.url)), path]);
  try {
    const { id } = await swarm.peer(1).addInspected('big.pdf', path, INSPECTION_LIMIT_MS);
    const contestants = [
      { name: 'PageSwarm', pid: swarm.process('peer-1').pid, url: `${swarm.peer(1).base}/api/v1/documents/${id}/content` },
      { name: 'bare node:http', pid: piped.pid, url: `http://127.0.0.1:${await piped.line()}` },
    ].map((contestant) => ({ ...contestant, runs: [] as Reading[] }));
    for (const { pid, url } of contestants) await read(pid, url, size);
    for (let round = 1; round <= RUNS; round++)
      for (const { name, pid, url, runs } of contestants) {
        const reading = await read(pid, url, size);
        runs.push(reading);
        tell(`round ${round}: ${name} ${reading.megabytesPerSecond.toFixed(0)} MB/s, ${reading.cpu.toFixed(2)} CPU s/GiB`);
      }
    return contestants.flatMap(({ name, runs }) => [
      { what: name, unit: 'MB/s', runs: runs.map(({ megabytesPerSecond }) => megabytesPerSecond), note: 'until the reader has all' },
      { what: name, unit: 'CPU s/GiB', runs: runs.map(({ cpu }) => cpu), note: 'of the sender alone' },
    ]);
  } finally {
    await piped.end();
  }
}

/** @throws Error if not all of it comes */
async function read(pid: number | undefined, url: string, size: number): Promise<Reading> {
  const before = (await cpuSeconds([pid])) ?? Number.NaN;
  const started = performance.now();
  let length = 0;
  for await (const chunk of (await fetch(url)).body as AsyncIterable<Uint8Array>) length += chunk.length;
  const seconds = (performance.now() - started) / 1_000;
  if (length !== size) throw new Error(`${url} sent ${length} bytes, not ${size}`);
  return { megabytesPerSecond: size / 1e6 / seconds, cpu: (((await cpuSeconds([pid])) ?? Number.NaN) - before) / (size / 2 ** 30) };
}
