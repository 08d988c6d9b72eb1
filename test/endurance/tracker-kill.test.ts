import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { randomInteger, SeededRandom } from '@pageswarm/primitives';
import { ProcessSwarm, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { REDIS_MISSING, RedisProcess } from '../medium/redis-process.ts';
import { TrackerLoad } from './tracker-load.ts';

const KILLS = Number(process.env.PAGESWARM_KILLS ?? 50);
const FILE_KILLS = Math.ceil(KILLS / 3);
const REDIS_KILLS = 3;
const SETTINGS = { PAGESWARM_SNAPSHOT_INTERVAL_MS: '100', PAGESWARM_LEASE_MS: '30000', PAGESWARM_LOG_LEVEL: 'info' };
const LIMIT_MS = 400_000;
/** PAGESWARM_TEST_SEED=<n> kills after the same times again. */
const seed = Number(process.env.PAGESWARM_TEST_SEED ?? randomInt(1_000_000));
const itRedis = REDIS_MISSING ? it.skip : it;
const unless = REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : '';

/** Kills the tracker at a random moment under load, starts it again, and holds it to its word; so many times. */
async function killOften(tracker: ServiceProcess, kills: number, laneSeed: number): Promise<string> {
  const random = new SeededRandom(laneSeed);
  const load = new TrackerLoad(tracker, random);
  const started = performance.now();
  await load.start();
  let [restored, confirmed, named, lost] = [0, 0, 0, 0];
  for (let round = 1; round <= kills; round++)
    try {
      const ms = randomInteger(random, 20, 600);
      await Promise.all([load.run(10_000), sleep(ms).then(() => tracker.kill('SIGKILL'))]);
      await tracker.start();
      const first = await load.listed();
      load.check(first);
      restored += first.size;
      lost += load.forgive(first);
      confirmed += load.confirmed;
      // Whoever lives answers at its address, and is named again without having said anything.
      const hasHosts = ({ hosts }: Document) => hosts.length > 0;
      await waitUntil('a living host is named', 20_000, async () => first.size === 0 || [...(await load.listed()).values()].some(hasHosts));
      const second = await load.listed();
      load.check(second);
      named += [...second.values()].filter(hasHosts).length;
    } catch (cause) {
      throw new Error(`seed ${laneSeed}, round ${round}: ${(cause as Error).message}`, { cause });
    }
  await load.close();
  expect(confirmed).toBeGreaterThan(kills * 10);
  expect(named).toBeGreaterThan(kills);
  const seconds = Math.round((performance.now() - started) / 1_000);
  return `${kills} kills; after them ${restored} documents were back, ${confirmed} words had been confirmed, ${lost} that had not been were lost, ${load.dead.size} hosts had died; ${seconds} s`;
}

describe('a tracker that is killed at any moment', () => {
  itRedis(
    `keeps all that it confirmed and names nobody dead, ${KILLS} times, with Redis${unless}`,
    () =>
      ProcessSwarm.run(async (swarm) => {
        const redis = await RedisProcess.start();
        swarm.add({ stop: () => redis.remove() });
        const tracker = await swarm.startTracker({ ...SETTINGS, PAGESWARM_REDIS_URL: redis.url });
        process.stdout.write(`tracker-kill, Redis, seed ${seed}: ${await killOften(tracker, KILLS, seed)}\n`);
      }),
    LIMIT_MS,
  );

  it(
    `does the same ${FILE_KILLS} times with a file`,
    () =>
      ProcessSwarm.run(async (swarm) => {
        const tracker = await swarm.startTracker({ ...SETTINGS, PAGESWARM_SNAPSHOT_FILE: join(swarm.folder, 'copy', 'tracker.snapshot') });
        process.stdout.write(`tracker-kill, file, seed ${seed}: ${await killOften(tracker, FILE_KILLS, seed + 1)}\n`);
      }),
    LIMIT_MS,
  );

  itRedis(
    `loses nothing either when Redis dies first, empty, under load, ${REDIS_KILLS} times${unless}`,
    () =>
      ProcessSwarm.run(async (swarm) => {
        const redis = await RedisProcess.start();
        swarm.add({ stop: () => redis.remove() });
        const tracker = await swarm.startTracker({ ...SETTINGS, PAGESWARM_REDIS_URL: redis.url });
        const random = new SeededRandom(seed + 2);
        const load = new TrackerLoad(tracker, random);
        await load.start();
        for (let round = 0; round < REDIS_KILLS; round++) {
          const ms = randomInteger(random, 200, 500);
          const killed = sleep(ms)
            .then(() => redis.kill())
            .then(() => load.told);
          await load.run(3 * ms);
          // The tracker went on without Redis, and says that its copy is not kept.
          expect(load.told - (await killed)).toBeGreaterThan(0);
          const ready = await (await fetch(`${tracker.base}/readyz`)).json();
          expect(ready).toMatchObject({ ready: true, checks: { snapshot: { ok: false, detail: expect.stringContaining('Redis') } } });
          await redis.run();
          const back = Date.now();
          await waitUntil('everything is saved anew', 20_000, async () => (await load.readSavedAt()) > back);
          await tracker.kill('SIGKILL');
          await tracker.start();
          const listed = await load.listed();
          load.check(listed);
          load.forgive(listed);
        }
        expect(load.confirmed).toBeGreaterThan(100);
        await load.close();
      }),
    LIMIT_MS,
  );
});
