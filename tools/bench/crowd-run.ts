import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreeBasePort } from '../local-swarm/ports.ts';
import { waitFor } from '../local-swarm/wait-for.ts';
import type { CrowdClient, CrowdRival } from './crowd-rival.ts';
import { type CrowdAddress, CrowdTracker } from './crowd-tracker.ts';
import { OWN_ADDRESSES } from './own-network.ts';
import type { SharedFile } from './rival.ts';

export interface Crowd {
  readonly leechers: number;
  /** Bytes per second that each may send. */
  readonly rate: number;
  /** Where clients keep what is theirs. */
  readonly folder: string;
}

export interface CrowdRun {
  /** From the moment at which the leechers were told of each other to the last of them; hardly more than {@link CROWD_LIMIT_MS}. */
  readonly seconds: number;
  /** Leechers that were not done by then. */
  readonly late: number;
  /** Bytes that the seed has sent. */
  readonly sent: number | undefined;
  /** Bytes that leechers got twice. */
  readonly wasted: number | undefined;
}

/** A crowd that is not done by then counts as if it had just been, in milliseconds. */
export const CROWD_LIMIT_MS = 90_000;
/** How long a client may take to start, or to hash the file that it is to seed, in milliseconds. */
const START_LIMIT_MS = 20_000;
/** Time between two looks at a client, in milliseconds. */
export const LOOK_INTERVAL_MS = 100;

/** One seed and some leechers of a kind, from the moment at which they know each other until all have the file. */
export async function runCrowd(rival: CrowdRival, file: SharedFile, { leechers, rate, folder }: Crowd): Promise<CrowdRun> {
  const base = await findFreeBasePort(leechers + 1);
  const addresses = Array.from({ length: leechers + 1 }, (_, place) => ({
    host: rival.isApart ? (OWN_ADDRESSES[place] as string) : '127.0.0.1',
    port: base + place,
  }));
  const tracker = new CrowdTracker(addresses[0] as CrowdAddress, addresses.slice(1));
  const torrent = await file.torrentOf(await tracker.listen());
  const clients: CrowdClient[] = [];
  const start = async (place: number): Promise<CrowdClient> => {
    const home = join(folder, `client-${place}`);
    const target = join(home, 'files');
    await mkdir(target, { recursive: true });
    const isSeed = place === 0;
    const client = await rival.start({
      ...{ torrent, home, isSeed, uploadLimit: rate, folder: isSeed ? file.folder : target },
      address: addresses[place] as CrowdAddress,
      controlPort: base + leechers + 1 + place,
    });
    clients.push(client);
    return client;
  };
  try {
    const seed = await start(0);
    await waitFor(`the seed of ${rival.name}`, START_LIMIT_MS, async () => (await seed.progress()).isComplete);
    await waitFor(`the announce of ${rival.name}`, START_LIMIT_MS, async () => tracker.isSeeded);
    // None may be left behind that starts while another one has failed.
    const starts = await Promise.allSettled(addresses.slice(1).map((_, place) => start(place + 1)));
    const crowd = starts.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    await waitFor(`the leechers of ${rival.name}`, START_LIMIT_MS, async () => tracker.openedAt !== undefined);
    const started = tracker.openedAt as number;
    const late = await finished(crowd, started);
    const seconds = (performance.now() - started) / 1_000;
    const last = await Promise.all(crowd.map((client) => client.progress()));
    const wasted = last.map((progress) => progress.wasted);
    return {
      seconds,
      late,
      sent: (await seed.progress()).sent,
      wasted: wasted.every((bytes) => bytes !== undefined) ? wasted.reduce((sum, bytes) => sum + bytes, 0) : undefined,
    };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    tracker.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Waits until all are complete or the time is over. @returns how many are not */
async function finished(crowd: readonly CrowdClient[], started: number): Promise<number> {
  let missing = [...crowd];
  while (missing.length > 0 && performance.now() - started < CROWD_LIMIT_MS) {
    const seen = await Promise.all(missing.map(async (client) => ({ client, ...(await client.progress()) })));
    missing = seen.filter(({ isComplete }) => !isComplete).map(({ client }) => client);
    if (missing.length > 0) await delay(LOOK_INTERVAL_MS);
  }
  return missing.length;
}
