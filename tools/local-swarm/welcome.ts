import type { LocalSwarm } from './local-swarm.ts';
import { formatTable } from './table.ts';

/** What runs where, and what to try next. */
export function welcome(swarm: LocalSwarm): string {
  const rows = swarm.processes.map(({ planned, http, transport, pid }) => [planned.name, http, transport, String(pid)]);
  const tracker = `${swarm.tracker.base}/api/v1`;
  const last = `${swarm.peer(swarm.peerCount).base}/api/v1`;
  const first = `${swarm.peer(1).base}/api/v1`;
  const ideas = [
    ['what the tracker lists', `curl -s ${tracker}/documents`],
    ['search from a peer; accents do not matter', `curl -s '${last}/network/documents?query=fisica'`],
    ['add a PDF of your own', `curl -s -F file=@your.pdf ${first}/documents`],
    ...transferIdeas(swarm.peerCount, last),
    ['click through the API of any of them', `${tracker.replace('/api/v1', '/docs')}`],
  ];
  return `
${formatTable(['name', 'http', 'transport', 'process'], rows, ['process'])}

${formatTable(['Try next', ''], ideas)}

Logs are in ${swarm.shape.dataDir}/logs. Ctrl-C stops everything.
`;
}

/** A lone peer has every document that there is: what it could be asked to download, it would refuse. */
function transferIdeas(peers: number, last: string): string[][] {
  if (peers === 1) return [['see a transfer, for which it takes two', 'npm start -- --peers 3']];
  return [
    ['take a document from all its hosts', `curl -s --json '{"id":"..."}' ${last}/downloads`],
    ['see which host sends which pages', `curl -s ${last}/downloads`],
  ];
}
