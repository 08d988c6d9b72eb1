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
 * Starts a tracker: it reads the snapshot before it takes part, so that it is complete when it is ready. Meanwhile it tells
 * its health, and BitTorrent clients when to come back.
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
    check: () => ({ ok: ['ok', 'off'].includes(snapshotter.status().state), detail: snapshotter.status().detail }),
  });
  readiness.add({
    name: 'catalog',
    essential: true,
    check: () => ({ ok: !parts.admission.isStarting, detail: catalogDetail(parts) }),
  });
  const strategy = new SwarmServer({
    ...config.transport,
    identity: context.identity,
    security: { swarmKey: config.swarmKey },
    metrics: transportMetrics,
    limits: { drainTimeoutMs: config.shutdownGraceMs },
  });
  const stops: (() => void)[] = [];
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
  parts.admission.isStarting = true;
  events.sleep();
  const prepare = async () => {
    await snapshotter.start();
    await dropForbidden(parts);
    await udp.start();
    // While the copy comes nobody can renew, and no lease may run out.
    stops.push(
      every(Math.ceil(config.leaseMs / SWEEPS_PER_LEASE), () => swarm.sweep()),
      every(BITTORRENT_SWEEP_MS, () => bittorrent.sweep()),
    );
    events.wake();
    parts.admission.isStarting = false;
  };
  try {
    const service = await startService(TrackerModule.register(parts, drain, registry, readiness), {
      title: 'PageSwarm tracker',
      description: 'The catalog of documents and their hosts; also a BitTorrent tracker for them.',
      config,
      logger,
      readiness,
      strategy,
      prepare,
      maxUploadBytes: MAX_TORRENT_BYTES,
      bareRoutes: ['announce', 'scrape'],
      fastify: { serverFactory: new HttpDoor(parts.http, logger).serverFactory },
    });
    // Whoever comes with the rest of a copy that stopped coming is looked after when it is there.
    snapshotter.onRestored(() => void dropForbidden(parts).then(() => swarm.confirmRestored()));
    if (!snapshotter.isRestored) void swarm.confirmRestored();
    close = async () => {
      await drain.finish(config.drainMs);
      await service.close();
      await stop();
    };
    return { ...service, parts, close };
  } catch (error) {
    await stop();
    throw error;
  }
}

function catalogDetail({ admission, snapshotter }: TrackerParts): string {
  if (admission.isStarting) return 'the copy of the catalog is being read';
  return snapshotter.isRestored ? 'complete' : 'without what the copy holds, which is still to come';
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
