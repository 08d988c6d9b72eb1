import { readTrackerConfig } from '@pageswarm/config';
import { supervise } from '@pageswarm/http';
import { createLogger } from '@pageswarm/observability';
import { startTracker } from './start-tracker.ts';

await supervise(async () => {
  const config = readTrackerConfig(process.env);
  const logger = createLogger({ service: 'tracker', node: config.nodeName, ...config.log });
  return {
    service: await startTracker(config, logger, () => process.kill(process.pid, 'SIGTERM')),
    logger,
    graceMs: config.drainMs + config.shutdownGraceMs,
  };
});
