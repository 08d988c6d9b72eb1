import { setImmediate } from 'node:timers/promises';
import type { TrackerConfig } from '@pageswarm/config';
import { Readiness, type RunningService, startService } from '@pageswarm/http';
import { createMetricsRegistry, createTransportMetrics, type Logger } from '@pageswarm/observability';
import { MAX_TORRENT_BYTES } from '@pageswarm/torrent';
import { SwarmServer } from '@pageswarm/transport';
import { Drain, type End } from './access/drain.ts';
import { REMOVALS_PER_TURN } from './admin/documents.controller.ts';
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
 * @param end called when a drained tracker should end; without it, it closes
 * @throws when a port is taken
 */
export async function startTracker(config: TrackerConfig, logger: Logger, end?: End): Promise<RunningTracker> {
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
  await dropForbidden(parts);
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
  let close = stop;
  const drain = new Drain(
    parts.admission,
    () => readiness.leave(),
    () => (end ? end() : void close()),
    logger,
  );
  try {
    await udp.start();
    const service = await startService(TrackerModule.register(parts, drain, registry, readiness), {
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
    close = async () => {
      drain.close();
      await service.close();
      await stop();
    };
    return { ...service, parts, close };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Documents of a snapshot that was made before the allow-list was in force. */
async function dropForbidden({ admission, catalog, snapshotter }: TrackerParts): Promise<void> {
  if (!admission.allowListOnly) return;
  let looked = 0;
  for (const record of catalog.all()) {
    if (!admission.isAllowed(record)) snapshotter.byOrder(() => catalog.remove(record.id));
    if (++looked % REMOVALS_PER_TURN === 0) await setImmediate();
  }
}
