import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { formatEndpoint } from '@pageswarm/primitives';
import { freePorts, noisePdf, ProcessSwarm, ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';
import { REDIS_MISSING, RedisProcess } from '../medium/redis-process.ts';

const STEP_MS = 500;
const LEASE_MS = 6_000;
/** Two steps, and what busy processors add. */
const LAG_MS = 8 * STEP_MS;
const FAIL_OVER_LIMIT_MS = 3_000;
const unless = REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : '';

interface Pair {
  readonly swarm: ProcessSwarm;
  readonly a: ServiceProcess;
  readonly b: ServiceProcess;
}

/** Two trackers in processes of their own on one Redis. */
function withPair(test: (pair: Pair) => Promise<void>): Promise<void> {
  return ProcessSwarm.run(async (swarm) => {
    const redis = await RedisProcess.start();
    swarm.add({ stop: () => redis.remove() });
    const shared = {
      PAGESWARM_REDIS_URL: redis.url,
      PAGESWARM_SNAPSHOT_INTERVAL_MS: String(STEP_MS),
      PAGESWARM_LEASE_MS: String(LEASE_MS),
    };
    const start = async (name: string) => {
      const [http, transport] = (await freePorts(2)) as [number, number];
      const at = (port: number) => ({ host: '127.0.0.1', port });
      const tracker = new ServiceProcess(
        name,
        'tracker',
        at(http),
        at(transport),
        join(swarm.folder, name),
        join(swarm.folder, `${name}.log`),
        shared,
      );
      swarm.processes.set(name, tracker);
      await tracker.start();
      return tracker;
    };
    await test({ swarm, a: await start('tracker a'), b: await start('tracker b') });
  });
}

const trackers = (...list: ServiceProcess[]) => ({
  env: { PAGESWARM_TRACKERS: list.map(({ transport }) => formatEndpoint(transport)).join(',') },
});

/** Hosts that a tracker names for a document; undefined if it does not list it. */
async function hostsAt(tracker: ServiceProcess, id: string): Promise<string[] | undefined> {
  const answer = await fetch(`${tracker.base}/api/v1/documents/${id}`);
  if (answer.status === 404) return undefined;
  const { hosts } = (await answer.json()) as { hosts: { peerId: string }[] };
  return hosts.map(({ peerId }) => peerId);
}

const itRedis = REDIS_MISSING ? it.skip : it;

itRedis(
  `a document that was announced at one tracker alone is found and downloaded through the other, and nobody dead is named after both its tracker and its host were killed${unless}`,
  () =>
    withPair(async ({ swarm, a, b }) => {
      const [host, witness, reader] = await Promise.all([
        swarm.startPeer('host', trackers(a)),
        swarm.startPeer('witness', trackers(a)),
        swarm.startPeer('reader', trackers(b)),
      ]);
      const bytes = noisePdf({ pages: 8, pageBytes: 40_000, seed: 5 });
      const { id } = await new PeerClient(host.base).add('Announced at A.pdf', bytes);
      const added = performance.now();
      const client = new PeerClient(reader.base);
      await waitUntil(
        'the other tracker to find it',
        LAG_MS,
        async () => (await client.searchByName('announced')).items[0]?.hosts.length === 1,
      );
      const lag = performance.now() - added;
      const done = await client.followDownload((await client.startDownload({ id })).id, 30_000);
      expect([done.state, done.md5.actual]).toEqual(['done', createHash('md5').update(bytes).digest('hex')]);
      await waitUntil('the reader to be a host at the first tracker', LAG_MS, async () => (await hostsAt(a, id))?.length === 2);

      const other = await new PeerClient(witness.base).add('Only here.pdf', noisePdf({ pages: 2, pageBytes: 40_000, seed: 6 }));
      await waitUntil('the second document', LAG_MS, async () => (await hostsAt(b, other.id))?.length === 1);
      const [ghost] = (await hostsAt(b, other.id)) as [string];
      const killed = performance.now();
      await Promise.all([a.kill('SIGKILL'), witness.kill('SIGKILL')]);
      await waitUntil('the dead host is named no more', 2 * LEASE_MS, async () => (await hostsAt(b, other.id))?.length === 0);
      const forgotten = performance.now() - killed;
      // The host lives and answers, so it stays for one lease; then it has to come to a tracker that runs.
      expect(await hostsAt(b, other.id)).not.toContain(ghost);
      await a.start();
      await waitUntil('the host is back through its own tracker', 2 * LEASE_MS, async () => (await hostsAt(b, id))?.length === 2);
      expect(await hostsAt(a, other.id)).toEqual([]);
      process.stdout.write(
        `tracker-pair: found at the other tracker after ${Math.round(lag)} ms; dead tracker and host named for ${Math.round(forgotten)} ms\n`,
      );
    }),
  120_000,
);

itRedis(
  `a peer that knows both finds its way within ${FAIL_OVER_LIMIT_MS / 1_000} s when the one that it asks is killed or frozen${unless}`,
  () =>
    withPair(async ({ swarm, a, b }) => {
      const host = await swarm.startPeer('host', trackers(a, b));
      const client = new PeerClient(host.base);
      await client.add('Known to both.pdf', noisePdf({ pages: 2, pageBytes: 40_000, seed: 7 }));
      const finds = async () => (await client.searchByName('known')).items.length === 1;
      const times: number[] = [];
      for (const [tracker, away, back] of [
        [a, 'SIGSTOP', 'SIGCONT'],
        [b, 'SIGSTOP', 'SIGCONT'],
        [a, 'SIGKILL', undefined],
      ] as const) {
        await waitUntil('both trackers to be joined', 30_000, async () => {
          const node = (await (await fetch(`${host.base}/api/v1/node`)).json()) as { trackers: { connected: boolean }[] };
          return node.trackers.every(({ connected }) => connected) && finds();
        });
        await tracker.kill(away);
        const started = performance.now();
        expect(await finds()).toBe(true);
        times.push(performance.now() - started);
        if (back) await tracker.kill(back);
      }
      process.stdout.write(`tracker-pair: answered after ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}\n`);
      expect(Math.max(...times)).toBeLessThan(FAIL_OVER_LIMIT_MS);
    }),
  120_000,
);
