import { randomBytes } from 'node:crypto';
import type { TrackerConfig } from '@pageswarm/config';
import type { Logger } from '@pageswarm/observability';
import { type Clock, peerId, SeededRandom } from '@pageswarm/primitives';
import { type NodeIdentity, SwarmClientPool, type TransportMetrics } from '@pageswarm/transport';
import type { Registry } from 'prom-client';
import { LiveEvents } from './admin/live-events.ts';
import { createTrackerMeters, measureTracker } from './admin/tracker-metrics.ts';
import { BittorrentTracker } from './bittorrent/bittorrent.service.ts';
import { BittorrentCounters, measureBittorrent } from './bittorrent/bittorrent-counters.ts';
import { ConnectionIds } from './bittorrent/connection-ids.ts';
import { HttpTracker } from './bittorrent/http-tracker.ts';
import { UdpTracker } from './bittorrent/udp-tracker.ts';
import { Catalog } from './catalog/catalog.ts';
import { DocumentSearch } from './search/document-search.ts';
import { WRITER_TAG_DIGITS } from './snapshot/document-codec.ts';
import { FileSnapshotStore } from './snapshot/file-snapshot-store.ts';
import { RedisConnection } from './snapshot/redis-connection.ts';
import { RedisSnapshotStore } from './snapshot/redis-snapshot-store.ts';
import type { SnapshotStore } from './snapshot/snapshot-store.ts';
import { Snapshotter } from './snapshot/snapshotter.ts';
import { ConnectBack } from './swarm/connect-back.ts';
import { HostTable } from './swarm/host-table.ts';
import { Listing } from './swarm/listing.ts';
import { SwarmService } from './swarm/swarm.service.ts';
import { SwarmMetainfoSource } from './torrent-files/metainfo-source.ts';
import { TorrentFiles } from './torrent-files/torrent-files.service.ts';
import { TrackerContext } from './tracker-context.ts';

/** Everything that one tracker is made of, apart from how it is reached. */
export interface TrackerParts {
  readonly context: TrackerContext;
  readonly catalog: Catalog;
  readonly hosts: HostTable;
  readonly search: DocumentSearch;
  readonly listing: Listing;
  readonly swarm: SwarmService;
  readonly bittorrent: BittorrentTracker;
  readonly http: HttpTracker;
  readonly udp: UdpTracker;
  readonly torrentFiles: TorrentFiles;
  readonly events: LiveEvents;
  readonly snapshotter: Snapshotter;
  readonly pool: SwarmClientPool;
}

export interface TrackerSurroundings {
  readonly config: TrackerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly transportMetrics: TransportMetrics;
}

/** Puts a tracker together. Nothing runs yet. */
export function buildTracker({ config, clock, logger, registry, transportMetrics }: TrackerSurroundings): TrackerParts {
  const identity: NodeIdentity = { peerId: peerId(randomBytes(20).toString('hex')), role: 'tracker' };
  const context = new TrackerContext(config, identity, clock, logger);
  const security = { swarmKey: config.swarmKey };
  const meters = createTrackerMeters(registry, clock);
  const catalog = new Catalog();
  const hosts = new HostTable(clock, config.leaseMs);
  const search = new DocumentSearch(catalog);
  const listing = new Listing(catalog, hosts, search, meters.search);
  const options = { trackerId: identity.peerId, maxHandout: config.maxHandout };
  const swarm = new SwarmService(catalog, hosts, new ConnectBack(identity, security), clock, meters.swarm, logger, options);
  const bittorrent = new BittorrentTracker(catalog, clock, new SeededRandom(randomBytes(4).readUInt32BE()));
  const counters = new BittorrentCounters();
  const http = new HttpTracker(bittorrent, counters.http);
  const udpEndpoint = config.udpPort === undefined ? undefined : { host: config.http.host, port: config.udpPort };
  const udp = new UdpTracker(udpEndpoint, bittorrent, new ConnectionIds(clock), counters.udp, logger);
  const pool = new SwarmClientPool({ identity, security, metrics: transportMetrics });
  const torrentFiles = new TorrentFiles(hosts, new SwarmMetainfoSource(pool), logger);
  const events = new LiveEvents(catalog, hosts, listing, context.startedAt.toString(36));
  const snapshotter = new Snapshotter(snapshotStoreOf(config, logger), catalog, hosts, clock, logger, {
    intervalMs: config.snapshotIntervalMs,
    writerTag: identity.peerId.slice(0, WRITER_TAG_DIGITS),
  });
  measureBittorrent(registry, counters);
  measureTracker(registry, { catalog, hosts, bittorrent, events, snapshotter });
  return { context, catalog, hosts, search, listing, swarm, bittorrent, http, udp, torrentFiles, events, snapshotter, pool };
}

/** Redis where it is configured, else the file, else none. */
function snapshotStoreOf({ redisUrl, snapshotFile }: TrackerConfig, logger: Logger): SnapshotStore | undefined {
  if (redisUrl !== undefined) return new RedisSnapshotStore(new RedisConnection(redisUrl, logger));
  return snapshotFile === undefined ? undefined : new FileSnapshotStore(snapshotFile, logger);
}
