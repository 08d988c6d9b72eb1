import { randomInt } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { ProcessSwarm } from '@pageswarm/testing';
import { KillLane, VICTIMS } from './kill-lane.ts';

/** Kills in all, over all lanes. */
const KILLS = Number(process.env.PAGESWARM_KILLS ?? 200);
/** Swarms at once, one per core of a small machine. */
const LANES = 2;
/** PAGESWARM_TEST_SEED=<n> kills the same processes after the same times again. */
const seed = Number(process.env.PAGESWARM_TEST_SEED ?? randomInt(1_000_000));

it(`${KILLS} times kill -9 of a receiver, sender, tracker or worker at random moments: always the right bytes, or a stated cause`, async () => {
  process.stdout.write(`faults-kill: seed ${seed}\n`);
  const started = performance.now();
  const lanes = await Promise.all(Array.from({ length: LANES }, (_, lane) => runLane(seed + lane, KILLS / LANES)));
  const total = (of: (lane: KillLane) => number) => lanes.map(of).reduce((a, b) => a + b);
  const kills = VICTIMS.map((victim) => [victim, total((lane) => lane.kills[victim])] as const);
  process.stdout.write(
    `faults-kill: ${kills.map(([victim, count]) => `${count} x ${victim}`).join(', ')}; ${total((lane) => lane.downloads)} downloads ended right, ${total((lane) => lane.stated)} of them stated a cause first; ${Math.round((performance.now() - started) / 1_000)} s\n`,
  );
  expect(kills.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(KILLS);
  for (const [victim, count] of kills) expect([victim, count > KILLS / 10]).toEqual([victim, true]);
}, 600_000);

async function runLane(laneSeed: number, kills: number): Promise<KillLane> {
  let lane: KillLane | undefined;
  await ProcessSwarm.run(async (swarm) => {
    lane = new KillLane(swarm, laneSeed);
    await lane.start();
    const done = (of: KillLane) => VICTIMS.reduce((sum, victim) => sum + of.kills[victim], 0);
    for (let round = 1; done(lane) < kills; round++) {
      try {
        await lane.round();
      } catch (cause) {
        throw new Error(`seed ${laneSeed}, round ${round}: ${(cause as Error).message}`, { cause });
      }
    }
  });
  return lane as KillLane;
}
