import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { aria2Crowd } from './aria2.crowd.ts';
import type { Bench, Measurement } from './bench.ts';
import type { CrowdRival } from './crowd-rival.ts';
import { type Crowd, type CrowdRun, LOOK_INTERVAL_MS, runCrowd } from './crowd-run.ts';
import { libtorrentCrowd } from './libtorrent.crowd.ts';
import { hasOwnNetworks, inOwnNetwork } from './own-network.ts';
import { restedSince } from './processor-rest.ts';
import { LineProcess } from './rival.ts';
import { sharedFile } from './shared-file.ts';
import { addDocument, downloadOn, limitUpload, MIB, uploaded } from './swarm-orders.ts';
import { transmissionCrowd } from './transmission.crowd.ts';

const [LEECHERS, RATE, PAGES] = [8, 4 * MIB, 40];
const RUNS = 3;
/** Downloads of ours before the rounds begin: peers run for weeks, and V8 compiles what runs often only after it has. */
const WARMING_DOWNLOADS = 2;
const OURS = 'PageSwarm';
const ASKED_EFFICIENCY = { atLeast: 0.85 };
const RIVALS: readonly CrowdRival[] = [libtorrentCrowd, aria2Crowd, transmissionCrowd];
/** With pieces of 16 to 256 KiB the others are about as fast, with 1 MiB libtorrent is slower. */
const TORRENT_PIECE_BYTES = 65_536;

/** Eight peers that want the same document at once, and one that has it; each sends 4 MiB/s at the most. */
export const crowdBench: Bench = {
  name: 'crowd',
  about: '40 MiB from 1 seed to 8 peers at once, 4 MiB/s up each, against the fluid bound of 10.0 s, beside others in turn',
  run: (tell) => withTemporarySwarm(LEECHERS + 1, (swarm, folder) => measure(swarm, folder, tell)),
};

interface Contestant {
  readonly name: string;
  readonly note: string;
  readonly run: () => Promise<CrowdRun>;
  readonly runs: CrowdRun[];
}

async function measure(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const peers = Array.from({ length: LEECHERS }, (_, index) => index + 2);
  for (const peer of [1, ...peers]) await limitUpload(swarm, peer, RATE);
  const { id, size } = await addDocument(swarm, folder, PAGES, [1]);
  // F/u of the seed, and all copies over all uploads: the larger of both is what no protocol can beat.
  const bound = Math.max(size / RATE, (LEECHERS * size) / ((LEECHERS + 1) * RATE));
  const shared = join(folder, 'shared');
  await mkdir(shared);
  await rename(join(folder, 'big.pdf'), join(shared, 'big.pdf'));
  const file = await sharedFile(join(shared, 'big.pdf'), TORRENT_PIECE_BYTES);
  const untilDone: number[] = [];
  const contestants: Contestant[] = [
    {
      name: OURS,
      note: 'bound / last finisher, every piece verified and stored, as with the others',
      run: async () => {
        const { done, ...run } = await download(swarm, peers, id, size);
        untilDone.push(bound / done);
        return run;
      },
      runs: [],
    },
  ];
  const crowd = { leechers: LEECHERS, rate: RATE, folder: join(folder, 'clients') };
  for (const rival of RIVALS) {
    const version = await rival.version();
    const missing =
      version === undefined ? 'is not installed' : rival.isApart && !(await hasOwnNetworks()) ? 'needs a network of its own' : '';
    if (missing) tell(`${rival.name} ${missing}, so it is not measured`);
    else
      contestants.push({
        name: rival.name,
        note: `${version}; ${rival.settings}`,
        run: () => (rival.isApart ? runApart(file.path, crowd) : runCrowd(rival, file, crowd)),
        runs: [],
      });
  }
  const cold: OwnRun[] = [];
  for (let n = 1; n <= WARMING_DOWNLOADS; n++) {
    cold.push(await download(swarm, peers, id, size));
    tell(`warming up: ${OURS} ${toldOf(cold.at(-1) as OwnRun, size)}`);
  }
  for (let round = 1; round <= RUNS; round++)
    for (const { name, run, runs } of contestants) {
      const rested = restedSince();
      const result = await run();
      runs.push(result);
      // Nine peers of ours have more to compute than nine of others: where processors do not rest, that is what is measured.
      tell(`round ${round}: ${name} ${toldOf(result, size)}; processors rested ${(100 * rested()).toFixed(0)} % of the time`);
    }
  const first = {
    what: `${OURS}, the first of new processes`,
    unit: 'efficiency',
    runs: cold.slice(0, 1).map(({ seconds }) => bound / seconds),
  };
  const done = {
    ...{ what: `${OURS}: until done`, unit: 'efficiency', runs: untilDone, asked: ASKED_EFFICIENCY },
    note: 'with md5 and SHA-256 of the whole, which pieces in random order leave to the end, and the file in its place on the disk itself',
  };
  return [first, ...contestants.flatMap((contestant) => measurementsOf(contestant, bound, size)), done];
}

function toldOf({ seconds, late, sent }: CrowdRun, size: number): string {
  const end = late > 0 ? `was stopped after ${seconds.toFixed(1)} s with ${late} not done` : `was done after ${seconds.toFixed(1)} s`;
  return sent === undefined ? end : `${end}, ${(sent / size).toFixed(2)} copies from the seed`;
}

/** How near to the bound, and what it cost as far as it is told. */
function measurementsOf({ name, note, runs }: Contestant, bound: number, size: number): Measurement[] {
  const isOurs = name === OURS;
  const copies = runs.flatMap(({ sent }) => (sent === undefined ? [] : [sent / size]));
  const twice = runs.flatMap(({ wasted }) => (wasted === undefined ? [] : [(wasted / (LEECHERS * size)) * 100]));
  const all: Measurement[] = [
    {
      what: name,
      unit: 'efficiency',
      runs: runs.map(({ seconds }) => bound / seconds),
      note,
      asked: isOurs ? ASKED_EFFICIENCY : undefined,
    },
    { what: `${name}: copies that the seed sent`, unit: 'x', runs: copies, asked: isOurs ? { atMost: 1.3 } : undefined },
    { what: `${name}: bytes that came twice`, unit: '%', runs: twice, asked: isOurs ? { atMost: 1 } : undefined },
  ];
  return all.filter(({ runs: told }) => told.length > 0);
}

/** A run of the crowd that has its own network. */
async function runApart(path: string, { leechers, rate, folder }: Crowd): Promise<CrowdRun> {
  const script = fileURLToPath(new URL('./crowd-apart.child.js', import.meta.url));
  const { command, args } = inOwnNetwork(process.execPath, [script, path, ...[TORRENT_PIECE_BYTES, leechers, rate].map(String), folder]);
  const child = new LineProcess(command, args);
  try {
    return JSON.parse(await child.line());
  } finally {
    await child.end();
  }
}

/** A run of ours takes longer until the last peer says that it is done. */
interface OwnRun extends CrowdRun {
  /** Seconds from the orders on. */
  readonly done: number;
}

/** Our own run, from the orders until the last peer has every piece, and until it is done. */
async function download(swarm: LocalSwarm, peers: readonly number[], id: string, size: number): Promise<OwnRun> {
  const sentBefore = await uploaded(swarm, 1);
  const { seconds: done, stored: seconds, received } = await downloadOn(swarm, peers, { id }, LOOK_INTERVAL_MS);
  const sent = (await uploaded(swarm, 1)) - sentBefore;
  for (const peer of peers) await swarm.peer(peer).remove(id);
  return { seconds, done, late: 0, sent, wasted: received - peers.length * size };
}
