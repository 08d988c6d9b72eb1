import { STRATEGY_NAMES } from '@pageswarm/engine';
import { type Random, randomInteger, SeededRandom } from '@pageswarm/primitives';
import type { NodeScenario, Scenario } from './scenario.ts';

const KIB = 2 ** 10;
const MIB = 2 ** 20;

/** A random swarm with random faults, and whether it has a rock: an honest source that never leaves; without one downloads may rightly fail. */
export interface FaultySwarm {
  readonly scenario: Scenario;
  readonly rock: boolean;
}

/** The faulty swarm of a seed: small, so that thousands of them are soon done. */
export function faultyScenario(seed: number): FaultySwarm {
  const random: Random = new SeededRandom(seed);
  const chance = (probability: number) => random.next() < probability;
  const between = (least: number, most: number) => least + random.next() * (most - least);
  const rate = () => between(0.5, 20) * MIB;
  const link = () => ({ up: rate(), down: rate() * 2, latencyMs: between(0.2, 60) });
  const rock = chance(0.75);
  const nodes: NodeScenario[] = [];
  if (rock) nodes.push({ name: 'rock', has: 1, ...link() });
  const hosts = randomInteger(random, rock ? 0 : 1, 6);
  for (let host = 1; host <= hosts; host++)
    nodes.push({
      name: `host-${host}`,
      has: chance(0.7) ? 1 : between(0, 1),
      idle: true,
      ...link(),
      ...(chance(0.2) && { corrupts: between(0.02, 1) }),
      ...(chance(0.3) && { manner: (['silent', 'refuses', 'busy'] as const)[randomInteger(random, 0, 3)] as 'silent' }),
      ...(chance(0.3) && { leavesAtMs: between(0, 3_000), ...(chance(0.5) && { returnsAfterMs: between(10, 8_000) }) }),
      ...(chance(0.2) && { leavesAtPart: between(0, 1) }),
      ...(chance(0.5) && { vanishes: true }),
      ...(chance(0.2) && { freezesAtMs: between(0, 2_000), freezesForMs: between(100, 20_000) }),
      ...(chance(0.2) && { joinsAtMs: between(0, 4_000) }),
    });
  const readers = randomInteger(random, 1, 5);
  for (let reader = 1; reader <= readers; reader++)
    nodes.push({
      name: `reader-${reader}`,
      has: chance(0.2) ? between(0, 0.9) : 0,
      ...link(),
      ...(chance(0.3) && { joinsAtMs: between(0, 2_000) }),
      ...(chance(0.15) && { diskFullAtPart: between(0, 1) }),
      ...(chance(0.1) && { corrupts: between(0.02, 0.5) }),
      ...(chance(0.1) && { freeRides: true }),
      ...(chance(0.1) && { leavesAtMs: between(0, 3_000), returnsAfterMs: between(10, 3_000) }),
    });
  return {
    rock,
    scenario: {
      name: `faults ${seed}`,
      document: {
        size: randomInteger(random, 1, (chance(0.1) ? 6 : 1.5) * MIB),
        ...(chance(0.3) && { pieceLength: 64 * KIB }),
        pages: randomInteger(random, 1, 60),
        structurePieces: randomInteger(random, 0, 4),
      },
      strategy: chance(0.6) ? 'adaptive' : (STRATEGY_NAMES[randomInteger(random, 0, STRATEGY_NAMES.length)] as 'adaptive'),
      nodes,
      ...(chance(0.2) && { hostsPerLookup: randomInteger(random, 1, 4) }),
      endsAtMs: 600_000,
    },
  };
}
