import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { fileHashes } from '../local-swarm/sharing.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { aria2Rival } from './aria2.rival.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { libtorrentRival } from './libtorrent.rival.ts';
import { rawCopyRival } from './raw-copy.rival.ts';
import { cpuSeconds, type Rival, type SharedFile, type Transfer } from './rival.ts';
import { sharedFile } from './shared-file.ts';

const PAGES_OF_ONE_MIB = 512;
const TORRENT_PIECE_BYTES = 262_144;
const RUNS = 5;
/** Downloads of ours before the rounds begin: peers run for weeks, and V8 compiles what runs often only after it has. */
const WARMING_DOWNLOADS = 3;
/** How often a download is looked at, in milliseconds, until this share of it has come and from then on. */
const FEW_LOOKS_MS = 100;
const SHARE_OF_FEW_LOOKS = 0.9;
const LOOK_MS = 10;
const SETTLED: ReadonlySet<string> = new Set(['done', 'failed', 'paused']);
const INSPECTION_LIMIT_MS = 120_000;
const DOWNLOAD_LIMIT_MS = 300_000;
const RIVALS: readonly Rival[] = [rawCopyRival, libtorrentRival, aria2Rival];
const OURS = 'PageSwarm';

/** 512 MiB over loopback from one host, every piece verified, with other programs taking turns on the same file. */
export const transferBench: Bench = {
  name: 'transfer',
  about: '512 MiB over loopback from one host, verified and stored, beside a raw copy, libtorrent and aria2 in turn',
  run,
};

function run(tell: (line: string) => void): Promise<Measurement[]> {
  return withTemporarySwarm(2, (swarm, folder) => measure(swarm, folder, tell));
}

async function measure(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const path = join(folder, 'shared', 'big.pdf');
  await mkdir(dirname(path));
  await writeBigDocument(path, PAGES_OF_ONE_MIB);
  const file = await sharedFile(path, TORRENT_PIECE_BYTES);
  const { size } = await stat(file.path);
  const { sha256 } = await fileHashes(file.path);
  const { id } = await swarm.peer(1).addInspected('big.pdf', file.path, INSPECTION_LIMIT_MS);
  const contestants = new Map<string, { note: string; transfer: () => Promise<Transfer>; runs: Transfer[] }>();
  const untilDone: number[] = [];
  const cold: number[] = [];
  contestants.set(OURS, {
    note: 'every piece verified and stored: SHA-256 per 16 KiB against the root; digests of the whole are under way meanwhile',
    transfer: async () => {
      const { done, ...stored } = await download(swarm, id, sha256);
      untilDone.push(done);
      return stored;
    },
    runs: [],
  });
  for (const rival of RIVALS) {
    const version = await rival.version();
    if (version === undefined) tell(`${rival.name} is not installed, so it is not measured`);
    else
      contestants.set(rival.name, {
        note: `${version}; ${rival.settings}`,
        transfer: () => compete(rival, file, join(folder, 'target')),
        runs: [],
      });
  }
  for (let n = 0; n < WARMING_DOWNLOADS; n++) cold.push(size / 1e6 / (await download(swarm, id, sha256)).seconds);
  tell(`warmed up: PageSwarm ${cold.map((rate) => rate.toFixed(1)).join(', ')} MB/s`);
  for (let round = 1; round <= RUNS; round++)
    for (const [name, { transfer, runs }] of contestants) {
      const result = await transfer();
      runs.push(result);
      const until = name === OURS ? `, done at ${(size / 1e6 / (untilDone.at(-1) as number)).toFixed(1)} MB/s` : '';
      tell(
        `round ${round}: ${name} ${(size / 1e6 / result.seconds).toFixed(1)} MB/s, ${result.cpuSeconds?.toFixed(2) ?? 'unknown'} CPU s${until}`,
      );
    }
  const digests: number[] = [];
  for (let round = 1; round <= RUNS; round++) digests.push(((await digestSeconds(file.path)) / size) * 2 ** 30);
  const rateOf = ({ seconds }: Transfer) => size / 1e6 / seconds;
  const rates = new Map([...contestants].map(([name, { runs }]) => [name, median(runs.map(rateOf))]));
  const ends = [...contestants].flatMap(([name, { note, runs }]) => [
    { what: name, unit: 'MB/s', runs: runs.map(rateOf), note, asked: name === OURS ? { atLeast: goal(rates) } : undefined },
    {
      what: name,
      unit: 'CPU s/GiB',
      runs: runs.flatMap(({ cpuSeconds: used }) => (used === undefined ? [] : [(used / size) * 2 ** 30])),
      note: 'both ends',
    },
  ]);
  const done = {
    what: `${OURS}, done`,
    unit: 'MB/s',
    runs: untilDone.map((seconds) => size / 1e6 / seconds),
    note: 'md5 and SHA-256 of the whole too, the file synced to the disk and in its place; the others end before that',
  };
  const first = { what: `${OURS}, the first of new processes`, unit: 'MB/s', runs: cold.slice(0, 1) };
  const note = `one thread, nothing else; ${OURS} does this beside all pieces' hashes, the others do not`;
  return [
    ...ends.slice(0, 1),
    done,
    first,
    ...ends.slice(1),
    { what: 'md5 and SHA-256 of the file', unit: 'CPU s/GiB', runs: digests, note },
  ];
}

/** Processor time of what no other contestant computes: the digests of the whole file, as people compare them. */
async function digestSeconds(path: string): Promise<number> {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')];
  const before = process.cpuUsage();
  for await (const part of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    md5.update(part);
    sha256.update(part);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** One and a half times libtorrent and twice aria2, as far as they are here. */
function goal(rates: ReadonlyMap<string, number>): number {
  return Math.max(1.5 * (rates.get(libtorrentRival.name) ?? 0), 2 * (rates.get(aria2Rival.name) ?? 0));
}

async function compete(rival: Rival, file: SharedFile, target: string): Promise<Transfer> {
  await mkdir(target);
  try {
    return await rival.transfer(file, target);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

/** From asking to the last verified and stored piece, and to done, as the peer's owner sees it; the processor time is that until done. */
async function download(swarm: LocalSwarm, id: string, sha256: string): Promise<Transfer & { readonly done: number }> {
  const peer = swarm.peer(2);
  const pids = swarm.processes.filter(({ planned }) => planned.role === 'peer').map(({ pid }) => pid);
  const before = await cpuSeconds(pids);
  const started = performance.now();
  const { id: downloadId } = await peer.startDownload({ id });
  const since = () => (performance.now() - started) / 1_000;
  let seconds: number | undefined;
  let download = await peer.download(downloadId);
  while (!SETTLED.has(download.state) && since() * 1_000 < DOWNLOAD_LIMIT_MS) {
    const { have, total } = download.pieces;
    if (have === total) seconds ??= since();
    // Each look costs the peer a millisecond, so there are few before the end is near.
    await delay(have < SHARE_OF_FEW_LOOKS * total ? FEW_LOOKS_MS : LOOK_MS);
    download = await peer.download(downloadId);
  }
  const { state, error, md5 } = download;
  const done = since();
  const after = await cpuSeconds(pids);
  if (state !== 'done' || md5.actual !== md5.expected) throw new Error(`The download is ${state}: ${error?.detail}`);
  if ((await peer.contentHashes(id)).sha256 !== sha256) throw new Error('The downloaded bytes are not those of the file');
  await peer.remove(id);
  return { seconds: seconds ?? done, done, cpuSeconds: before === undefined || after === undefined ? undefined : after - before };
}
