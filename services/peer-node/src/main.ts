import { readPeerConfig } from '@pageswarm/config';
import { supervise } from '@pageswarm/http';
import { createLogger } from '@pageswarm/observability';
import { startPeer } from './start-peer.ts';

await supervise(async () => {
  const config = readPeerConfig(process.env);
  const logger = createLogger({ service: 'peer-node', node: config.nodeName, ...config.log });
  return { service: await startPeer(config, logger), logger, graceMs: config.shutdownGraceMs };
});
