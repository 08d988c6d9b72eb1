import { randomBytes } from 'node:crypto';
import type { WorkerConfig } from '@pageswarm/config';
import { Readiness, type RunningService, startService } from '@pageswarm/http';
import { createMetricsRegistry, createTransportMetrics, type Logger, PinoNestLogger } from '@pageswarm/observability';
import { type Clock, peerId } from '@pageswarm/primitives';
import { type NodeIdentity, SwarmClientPool, SwarmServer } from '@pageswarm/transport';
import { DocumentSources } from './documents/document-sources.ts';
import { ChildPool } from './pool/child-pool.ts';
import { createPoolMetrics } from './pool/pool-metrics.ts';
import { WorkerModule } from './worker.module.ts';

/** The script of the child processes as the build lays it down: beside the service. */
export const JOB_SCRIPT = new URL('./pdf-job.child.js', import.meta.url);
/** The service takes no uploads; this is what its HTTP face allows all the same, in bytes. */
const MAX_UPLOAD_BYTES = 1;

export interface WorkerOptions {
  readonly logger: Logger;
  /** @default the script beside the bundled service */
  readonly jobScript?: URL;
}

export interface RunningWorker extends RunningService {
  readonly pool: ChildPool;
  readonly sources: DocumentSources;
}

const machineClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** Starts a pdf-worker: its pool, its transport and its HTTP face. @throws when a port is taken */
export async function startPdfWorker(config: WorkerConfig, { logger, jobScript = JOB_SCRIPT }: WorkerOptions): Promise<RunningWorker> {
  const registry = createMetricsRegistry('pdf-worker');
  const readiness = new Readiness();
  const identity: NodeIdentity = { peerId: peerId(randomBytes(20).toString('hex')), role: 'worker' };
  const wire = {
    identity,
    security: { swarmKey: config.swarmKey },
    metrics: createTransportMetrics(registry),
    logger: new PinoNestLogger(logger),
  };
  const pool: ChildPool = new ChildPool({
    script: jobScript,
    size: config.poolSize,
    timeoutMs: config.jobTimeoutMs,
    memoryBytes: config.jobMemoryBytes,
    maxQueuedJobs: config.maxQueuedJobs,
    clock: machineClock,
    observer: {
      ...createPoolMetrics(registry, () => pool),
      childComplained: (complaint) => logger.error({ complaint }, 'a child process could not start'),
    },
  });
  const peers = new SwarmClientPool(wire);
  const sources = new DocumentSources((peer) => peers.get(peer));
  readiness.add({
    name: 'pool',
    essential: true,
    check: () => ({ ok: pool.readyChildren > 0, detail: `${pool.readyChildren} of ${pool.size} child processes are ready` }),
  });
  pool.start();
  const stop = async () => {
    pool.close();
    sources.close();
    await peers.close();
  };
  try {
    const service = await startService(WorkerModule.with({ registry, readiness, pool, sources }), {
      title: 'PageSwarm pdf-worker',
      description: 'Inspects, cuts and draws PDFs for peers, over the swarm transport.',
      config,
      logger,
      readiness,
      strategy: new SwarmServer({ ...wire, ...config.transport }),
      maxUploadBytes: MAX_UPLOAD_BYTES,
    });
    const close = async () => {
      await service.close();
      await stop();
    };
    return { ...service, close, pool, sources };
  } catch (error) {
    await stop();
    throw error;
  }
}
