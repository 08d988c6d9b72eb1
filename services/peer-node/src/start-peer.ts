import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { PeerConfig } from '@pageswarm/config';
import type { AnnounceReply } from '@pageswarm/contracts';
import { Readiness, type RunningService, startService } from '@pageswarm/http';
import { createMetricsRegistry, createTransportMetrics, type Logger } from '@pageswarm/observability';
import { FileStore } from '@pageswarm/piece-store';
import { SeededRandom } from '@pageswarm/primitives';
import { SwarmClient, SwarmClientPool, SwarmServer } from '@pageswarm/transport';
import { Gauge } from 'prom-client';
import { NodeDescription } from './admin/node-description.ts';
import { NodeBandwidth } from './bandwidth/node-bandwidth.ts';
import { RateLimitFile } from './bandwidth/rate-limit-file.ts';
import { systemClock } from './clock.ts';
import { DownloadDemand } from './downloads/download-demand.ts';
import { DownloadMeter } from './downloads/download-meter.ts';
import { DownloadOrderStore } from './downloads/download-order-store.ts';
import { Downloads } from './downloads/downloads.service.ts';
import { takeIdentity } from './identity/node-identity.ts';
import { DataFolderWatch } from './library/data-folder-watch.ts';
import { DocumentIntake } from './library/document-intake.ts';
import { FindingStore } from './library/finding-store.ts';
import { Library } from './library/library.service.ts';
import { RecordStore } from './library/record-store.ts';
import { PeerModule } from './peer.module.ts';
import { DocumentReader } from './reading/document-reader.ts';
import { ScrubMeter } from './scrubbing/scrub-meter.ts';
import { Scrubber } from './scrubbing/scrubber.ts';
import { TrackerLink } from './tracker-link/tracker-link.service.ts';
import { TrackerSession } from './tracker-link/tracker-session.ts';
import { Inspector } from './worker-link/inspector.ts';
import { PublishedFindings } from './worker-link/published-findings.ts';
import { PublishedInspection } from './worker-link/published-inspection.ts';
import { WorkerLink } from './worker-link/worker-link.service.ts';

/** Connections to other nodes that stay open without work, at the most, and for how long in milliseconds. */
export const MAX_NODE_CONNECTIONS = 200;
export const IDLE_CONNECTION_MS = 60_000;

/** Starts a peer-node with everything that its data folder holds. @throws PageSwarmError INVALID_CONFIGURATION, STORE_FAILED */
export async function startPeer(config: PeerConfig, logger: Logger): Promise<RunningService> {
  const identityFile = await takeIdentity(config.dataDir);
  try {
    return await startWith(config, logger.child({ peerId: identityFile.peerId }), identityFile);
  } catch (error) {
    await identityFile.release();
    throw error;
  }
}

async function startWith(
  config: PeerConfig,
  logger: Logger,
  { peerId, release }: Awaited<ReturnType<typeof takeIdentity>>,
): Promise<RunningService> {
  const registry = createMetricsRegistry('peer-node');
  const readiness = new Readiness();
  const node = {
    identity: { peerId, role: 'peer' as const },
    security: { swarmKey: config.swarmKey },
    metrics: createTransportMetrics(registry),
    logger,
  };
  const strategy = new SwarmServer({ ...config.transport, ...node });
  const connections = new SwarmClientPool(node, { maxConnections: MAX_NODE_CONNECTIONS, idleMs: IDLE_CONNECTION_MS });

  const store = new FileStore({ directory: config.dataDir });
  const findings = new FindingStore(config.dataDir);
  const library = new Library({
    peerId,
    clock: systemClock,
    store,
    records: new RecordStore(config.dataDir, logger),
    findings,
    intake: new DocumentIntake(config.dataDir, config.maxDocumentBytes),
    logger,
  });
  const ports = { transport: 0, http: 0 };
  const sessions = config.trackers.map(
    (endpoint) =>
      new TrackerSession({
        endpoint,
        client: new SwarmClient({ endpoint, ...node }),
        join: () => joinRequest(config, ports),
        documents: () => library.list().map((document) => document.announcement()),
        announced: ({ documents }) => adoptCatalogNames(documents, library, logger),
        clock: systemClock,
        random: new SeededRandom(randomBytes(4).readUInt32BE()),
        logger,
      }),
  );
  const trackers = new TrackerLink(sessions, library, logger);
  const workers = new WorkerLink(config.workers, connections, () => ({
    host: config.advertise.host,
    port: config.advertise.port ?? ports.transport,
  }));
  const published = new PublishedInspection(trackers, connections);
  const inspector = new Inspector(library, workers, published, findings, new PublishedFindings(trackers, connections), logger);
  const bandwidth = await NodeBandwidth.open({
    clock: systemClock,
    configured: config.rateLimits,
    file: new RateLimitFile(config.dataDir),
    registry,
  });
  const downloads = new Downloads({
    bandwidth: bandwidth.download,
    directory: trackers,
    ownPeerId: peerId,
    hosts: trackers,
    orders: new DownloadOrderStore(config.dataDir, logger),
    library,
    connections,
    meter: new DownloadMeter(registry),
    clock: systemClock,
    logger,
    hostSearchMs: config.hostSearchMs,
    storeFolder: join(config.dataDir, 'incoming'),
    maxActive: config.maxActiveDownloads,
    defaultStrategy: config.strategy,
  });
  const scrubber = new Scrubber({
    library,
    repair: (document) => downloads.repair(document),
    bytesPerSecond: config.scrubBytesPerSecond,
    clock: systemClock,
    meter: new ScrubMeter(registry),
    logger,
  });
  const description = new NodeDescription(
    peerId,
    config.nodeName,
    () => ({ host: config.transport.host, port: ports.transport }),
    trackers,
    scrubber,
  );
  readiness.add({
    name: 'tracker',
    essential: false,
    check: () => ({
      ok: trackers.connected,
      detail: trackers
        .state()
        .map(({ address, detail }) => `${address}: ${detail}`)
        .join('; '),
    }),
  });
  const dataFolder = new DataFolderWatch({ dataDir: config.dataDir, returned: () => store.reopenFiles(), logger });
  readiness.add({ name: 'data-folder', essential: true, check: () => dataFolder.state });
  registerDocumentGauge(registry, library);

  await store.prepare();
  await library.start();
  const reader = new DocumentReader(library, new DownloadDemand(downloads));
  const service = await startService(
    PeerModule.of({
      registry,
      readiness,
      library,
      findings,
      trackers,
      workers,
      inspector,
      downloads,
      reader,
      node: description,
      bandwidth,
    }),
    {
      title: 'PageSwarm peer-node',
      description: 'Adds, serves, finds and downloads documents.',
      config,
      logger,
      readiness,
      strategy,
      // The form reader cuts off what is larger; one byte more lets the intake see that there was more, and refuse it.
      maxUploadBytes: config.maxDocumentBytes + 1,
    },
  );
  ports.transport = service.transport.port;
  ports.http = service.http.port;
  trackers.start();
  inspector.start();
  await downloads.start();
  scrubber.start();
  dataFolder.start();
  return {
    ...service,
    close: async () => {
      dataFolder.stop();
      scrubber.stop();
      inspector.stop();
      downloads.stop();
      // Leaving comes first, so that nobody is sent here any more while running transfers end.
      await trackers.stop();
      await service.close();
      await connections.close();
      await library.stop();
      await release();
    },
  };
}

/** Takes over the catalog's names. One that cannot be kept now is told again at the next announce. */
async function adoptCatalogNames(documents: AnnounceReply['documents'], library: Library, logger: Logger): Promise<void> {
  for (const { id, name, addedBy, addedAt } of documents) {
    const document = library.find(id);
    if (!document) continue;
    await library
      .adoptCatalogName(document, name, { addedBy, addedAt })
      .catch((err) => logger.error({ err, documentId: id, name }, "the catalog's name of a document could not be kept"));
  }
}

function joinRequest(config: PeerConfig, ports: { readonly transport: number; readonly http: number }) {
  const { host, port } = config.advertise;
  const httpIsReachable = !isLoopback(config.http.host) || isLoopback(config.transport.host);
  return {
    transport: { host, port: port ?? ports.transport },
    http: httpIsReachable ? { host, port: ports.http } : undefined,
    name: config.nodeName,
    zone: config.zone,
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function registerDocumentGauge(registry: ReturnType<typeof createMetricsRegistry>, library: Library): void {
  new Gauge({
    name: 'pageswarm_peer_documents',
    help: 'Documents of which this node has pieces, complete or partial.',
    labelNames: ['complete'],
    registers: [registry],
    collect() {
      const complete = library.list().filter((document) => document.complete).length;
      this.set({ complete: 'true' }, complete);
      this.set({ complete: 'false' }, library.list().length - complete);
    },
  });
}
