import type { FaultySwarm } from './faulty-scenario.ts';
import type { SimulationResult } from './simulation-result.ts';

/** How long a download may stand still while an honest host has what it lacks, in ms. */
export const MAX_STANDSTILL_MS = 5_000;

/**
 * What must hold in every swarm, however it fares: it ends complete, or failed with a true reason, and nobody honest is banned.
 * @returns what does not hold, as sentences
 */
export function complaintsOf(result: SimulationResult, { scenario, rock }: FaultySwarm): string[] {
  const found: string[] = [];
  const liars = new Set(result.nodes.filter((node) => node.lied).map((node) => node.name));
  for (const node of result.nodes) {
    for (const banned of node.banned) if (!liars.has(banned)) found.push(`${node.name} banned ${banned}, which never lied`);
    if (!node.downloads) continue;
    if (node.state !== 'done' && node.state !== 'failed') found.push(`${node.name} ended as ${node.state}`);
    if (node.state === 'done' && node.pieces.have < node.pieces.total)
      found.push(`${node.name} is done with ${node.pieces.have} of ${node.pieces.total} pieces`);
    if (node.state === 'failed' && node.error?.code !== 'NO_HOSTS')
      found.push(`${node.name} failed with ${node.error?.code}: ${node.error?.detail}`);
    if (rock && node.state === 'failed') found.push(`${node.name} failed beside an honest host: ${node.error?.detail}`);
  }
  // A host that sends nothing is relieved before 5 s. The bare cascade relieves nobody, a full disk stops everything, and a tracker that tells
  // of one host at a time may take its time to tell of the right one.
  const relieves = scenario.strategy !== 'cascade' && scenario.hostsPerLookup === undefined;
  const diskFull = scenario.nodes.some((node) => node.diskFullAtPart !== undefined);
  if (rock && relieves && !diskFull && result.longestStandstillMs > MAX_STANDSTILL_MS)
    found.push(`a download stood still for ${result.longestStandstillMs} ms`);
  return found;
}
