import type { TrackerConfig } from '@pageswarm/config';
import { Readiness, type RunningService, startService } from '@pageswarm/http';
import { createMetricsRegistry, createTransportMetrics, type Logger } from '@pageswarm/observability';
import { MAX_TORRENT_BYTES } from '@pageswarm/torrent';
import { SwarmServer } from '@pageswarm/transport';
import { BITTORRENT_SWEEP_MS } from './bittorrent/bittorrent.service.ts';
import { HttpDoor } from './bittorrent/http-door.ts';
import { every } from './periodic.ts';
import { SWEEPS_PER_LEASE } from './swarm/swarm.service.ts';
import { systemClock } from './system-clock.ts';
import { TrackerModule } from './tracker.module.ts';
import { buildTracker, type TrackerParts } from './tracker-parts.ts';

export interface RunningTracker extends RunningService {
  readonly parts: TrackerParts;
}

/**
 * Starts a tracker: reads the snapshot first, so that it is complete when it is ready.
 * @throws when a port is taken
 */
export async function startTracker(config: TrackerConfig, logger: Logger): Promise<RunningTracker> {
  const registry = createMetricsRegistry('tracker');
  const transportMetrics = createTransportMetrics(registry);
  const readiness = new Readiness();
  const parts = buildTracker({ config, clock: systemClock, logger, registry, transportMetrics });
  const { swarm, bittorrent, udp, snapshotter, events, pool, context } = parts;
  readiness.add({
    name: 'snapshot',
    essential: false,
    check: () => ({ ok: snapshotter.status().state !== 'failing', detail: snapshotter.status().detail }),
  });
  await snapshotter.start();
  const strategy = new SwarmServer({
    ...config.transport,
    identity: context.identity,
    security: { swarmKey: config.swarmKey },
    metrics: transportMetrics,
    limits: { drainTimeoutMs: config.shutdownGraceMs },
  });
  const stops = [
    every(Math.ceil(config.leaseMs / SWEEPS_PER_LEASE), () => swarm.sweep()),
    every(BITTORRENT_SWEEP_MS, () => bittorrent.sweep()),
  ];
  const stop = async () => {
    for (const end of stops) end();
    await udp.stop();
    await pool.close();
    await snapshotter.stop();
    events.stop();
  };
  try {
    await udp.start();
    const service = await startService(TrackerModule.register(parts, registry, readiness), {
      title: 'PageSwarm tracker',
      description: 'The catalog of documents and their hosts; also a BitTorrent tracker for them.',
      config,
      logger,
      readiness,
      strategy,
      maxUploadBytes: MAX_TORRENT_BYTES,
      bareRoutes: ['announce', 'scrape'],
      fastify: { serverFactory: new HttpDoor(parts.http, logger).serverFactory },
    });
    void swarm.confirmRestored();
    return {
      ...service,
      parts,
      close: async () => {
        await service.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
