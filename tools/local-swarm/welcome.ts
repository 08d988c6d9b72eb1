import type { LocalSwarm } from './local-swarm.ts';
import { formatTable } from './table.ts';

/** What runs where, and what to try next. */
export function welcome(swarm: LocalSwarm): string {
  const rows = swarm.processes.map(({ planned, http, transport, pid }) => [planned.name, http, transport, String(pid)]);
  const { base: tracker } = swarm.tracker;
  const { base: last } = swarm.peer(swarm.peerCount);
  const { base: first } = swarm.peer(1);
  return `
${formatTable(['name', 'http', 'transport', 'process'], rows, ['process'])}

Try next (each of them also has /docs, an API to click through):
  curl -s '${tracker}/api/v1/documents'                              what the tracker lists
  curl -s '${last}/api/v1/network/documents?query=fisica'      search from a peer, accents do not matter
  curl -s -F file=@your.pdf ${first}/api/v1/documents              add a PDF of your own
  curl -s --json '{"id":"<id>"}' ${last}/api/v1/downloads         take a document from all its hosts
  curl -s ${last}/api/v1/downloads                                see which host sends which pages

Logs are in ${swarm.shape.dataDir}/logs. Ctrl-C stops everything.
`;
}
