// A tracker whose catalog lists the torrents that the announce benchmark announces, each on one host.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readTrackerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import { documentId, infoHashV1, infoHashV2, md5, peerId } from '@pageswarm/primitives';
import { startTracker } from '@pageswarm/tracker';
import { ANNOUNCED_TORRENTS, crowdHash } from './announce-crowd.ts';

const UNKNOWN = { pages: null, words: null, extractor: null, title: null, author: null, mapped: false, mapReason: null } as const;
const { http, parts } = await startTracker(
  readTrackerConfig({ PAGESWARM_HTTP_PORT: '0', PAGESWARM_TRANSPORT_PORT: '0', PAGESWARM_UDP_PORT: '0' }),
  createLogger({ service: 'tracker', node: 'bench', level: 'silent', format: 'json' }),
);
const host = peerId('01'.repeat(20));
for (let n = 0; n < ANNOUNCED_TORRENTS; n++) {
  const digits = (what: string) => createHash('sha256').update(`${what} ${n}`).digest('hex');
  const hashes = { id: documentId(digits('root')), md5: md5(digits('md5').slice(0, 32)), infoHashV2: infoHashV2(digits('v2')) };
  const inspection = { ...UNKNOWN, encrypted: false, needsPassword: false, error: null };
  const identity = {
    ...hashes,
    infoHashV1: infoHashV1(crowdHash(n).toString('hex')),
    name: `document ${n}.pdf`,
    size: 655_360,
    pieceLength: 16_384,
  };
  parts.catalog.announce(host, { ...identity, addedBy: host, addedAt: n, aliases: [], inspection }, { have: 40, complete: true });
}
process.send?.({ http: http.port, udp: parts.udp.port });
await once(process, 'disconnect');
process.exit();
