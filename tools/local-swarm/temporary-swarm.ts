import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalSwarm } from './local-swarm.ts';
import { findFreeBasePort } from './ports.ts';

/**
 * Runs something on a swarm of its own, on free ports and in a temporary folder; both are gone afterwards, also after Ctrl-C.
 * @throws what `use` throws, and an Error when a process dies meanwhile or the end is asked for
 */
export async function withTemporarySwarm<Result>(
  peers: number,
  use: (swarm: LocalSwarm, folder: string) => Promise<Result>,
  advertisedPorts?: ReadonlyMap<number, number>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-'));
  const swarm = new LocalSwarm({ peers, basePort: await findFreeBasePort(peers), dataDir: join(folder, 'swarm'), advertisedPorts });
  const broken = swarm.unexpectedEnd.then((error) => Promise.reject(error));
  const asked = new Promise<never>((_, fail) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => fail(new Error(`Stopped by ${signal}`)));
  });
  const used = swarm.start().then(() => use(swarm, folder));
  try {
    return await Promise.race([used, broken, asked]);
  } finally {
    // What is still under way fails when the processes go away, and nobody waits for it any more.
    for (const abandoned of [used, broken, asked]) abandoned.catch(() => {});
    await swarm.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
