import { readWorkerConfig } from '@pageswarm/config';
import { supervise } from '@pageswarm/http';
import { createLogger } from '@pageswarm/observability';
import { startPdfWorker } from './start-worker.ts';

await supervise(async () => {
  const config = readWorkerConfig(process.env);
  const logger = createLogger({ service: 'pdf-worker', node: config.nodeName, ...config.log });
  return { service: await startPdfWorker(config, { logger }), logger, graceMs: config.shutdownGraceMs };
});
