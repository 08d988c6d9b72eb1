import { randomBytes } from 'node:crypto';
import type { TrackerConfig } from '@pageswarm/config';
import type { Logger } from '@pageswarm/observability';
import { type Clock, type PeerId, peerId, SeededRandom } from '@pageswarm/primitives';
import { type NodeIdentity, SwarmClientPool, type TransportMetrics } from '@pageswarm/transport';
import type { Registry } from 'prom-client';
import { Admission } from './access/admission.ts';
import { AllowList } from './access/allow-list.ts';
import { Bans } from './access/bans.ts';
import { Notes } from './access/notes.ts';
import { ANNOUNCES_PER_SECOND, RateLimiter, rateLimitOf, SEARCHES_PER_SECOND } from './access/rate-limiter.ts';
import { LiveEvents } from './admin/live-events.ts';
import { createTrackerMeters, measureTracker } from './admin/tracker-metrics.ts';
import { BittorrentTracker } from './bittorrent/bittorrent.service.ts';
import { BittorrentCounters, measureBittorrent } from './bittorrent/bittorrent-counters.ts';
import { ConnectionIds } from './bittorrent/connection-ids.ts';
import { HttpTracker } from './bittorrent/http-tracker.ts';
import { UdpTracker } from './bittorrent/udp-tracker.ts';
import { Catalog } from './catalog/catalog.ts';
import { Pace } from './columns/pace.ts';
import { DocumentSearch } from './search/document-search.ts';
import { CatalogSharing } from './sharing/catalog-sharing.ts';
import { SILENT_STEPS, TRACKER_SILENCE_MS, TrackerChanges } from './sharing/tracker-changes.ts';
import { CopyThreads } from './snapshot/copy-threads.ts';
import { WRITER_TAG_DIGITS } from './snapshot/document-codec.ts';
import { FileSnapshotStore } from './snapshot/file-snapshot-store.ts';
import { RedisConnection } from './snapshot/redis-connection.ts';
import { REDIS_PREFIX, RedisSnapshotStore } from './snapshot/redis-snapshot-store.ts';
import type { CopyPlace } from './snapshot/restoring-order.ts';
import type { SnapshotStore } from './snapshot/snapshot-store.ts';
import { Snapshotter } from './snapshot/snapshotter.ts';
import { ConnectBack } from './swarm/connect-back.ts';
import { HostTable } from './swarm/host-table.ts';
import { Listing } from './swarm/listing.ts';
import { LoopTurns } from './swarm/loop-turns.ts';
import { SwarmService } from './swarm/swarm.service.ts';
import { SwarmMetainfoSource } from './torrent-files/metainfo-source.ts';
import { PlainTorrents } from './torrent-files/plain-torrents.ts';
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
  readonly bans: Bans;
  readonly allowList: AllowList;
  readonly admission: Admission;
  readonly searches: RateLimiter;
  readonly events: LiveEvents;
  readonly snapshotter: Snapshotter;
  /** Other trackers on the same Redis; none without Redis. */
  readonly sharing: CatalogSharing | undefined;
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
  const turns = new LoopTurns();
  const listing = new Listing(catalog, hosts, search, meters.search, turns);
  const notes = new Notes();
  const [bans, allowList] = [new Bans(notes, clock), new AllowList(notes, clock)];
  const { openTracker: isOpen, allowListOnly, rates } = config;
  const limits = { isOpen, allowListOnly, announces: rateLimitOf(rates.announces, ANNOUNCES_PER_SECOND) };
  const admission = new Admission(bans, allowList, limits, clock);
  const searches = new RateLimiter(clock, rateLimitOf(rates.searches, SEARCHES_PER_SECOND));
  const options = { trackerId: identity.peerId, maxHandout: config.maxHandout, admission };
  const swarm = new SwarmService(catalog, hosts, new ConnectBack(identity, security), clock, meters.swarm, logger, options);
  const plainTorrents = new PlainTorrents(notes, clock);
  const bittorrent = new BittorrentTracker(catalog, clock, new SeededRandom(randomBytes(4).readUInt32BE()), admission, (hash) =>
    plainTorrents.documentOf(hash),
  );
  const counters = new BittorrentCounters();
  const http = new HttpTracker(bittorrent, counters.http);
  const udpEndpoint = config.udpPort === undefined ? undefined : { host: config.http.host, port: config.udpPort };
  const udp = new UdpTracker(udpEndpoint, bittorrent, new ConnectionIds(clock), counters.udp, logger);
  const pool = new SwarmClientPool({ identity, security, metrics: transportMetrics });
  const torrentFiles = new TorrentFiles(hosts, new SwarmMetainfoSource(pool), logger, plainTorrents);
  const events = new LiveEvents(catalog, hosts, listing, context.startedAt.toString(36));
  const copy = copyOf(config, identity.peerId, logger);
  const snapshotter = new Snapshotter(copy?.store, catalog, hosts, clock, logger, {
    intervalMs: config.snapshotIntervalMs,
    writerTag: identity.peerId.slice(0, WRITER_TAG_DIGITS),
    turns,
    filling: {
      begin: () => search.beginFilling(),
      end: async () => {
        await catalog.prepareOrder('added');
        await search.endFilling(new Pace().turn);
      },
      threads: copy && new CopyThreads(copy.place, catalog, search),
    },
  });
  snapshotter.keep(notes);
  let sharing: CatalogSharing | undefined;
  if (copy?.shared) {
    const confirm = () => void swarm.confirmRestored();
    sharing = new CatalogSharing({ ...copy.shared, catalog, hosts, snapshotter, notes, clock, logger, confirm });
    snapshotter.shareWith(sharing);
  }
  measureBittorrent(registry, counters);
  measureTracker(registry, { catalog, hosts, bittorrent, events, snapshotter, sharing });
  const access = { bans, allowList, admission, searches };
  return {
    ...access,
    context,
    catalog,
    hosts,
    search,
    listing,
    swarm,
    bittorrent,
    http,
    udp,
    torrentFiles,
    events,
    snapshotter,
    sharing,
    pool,
  };
}

/** Where the copy of the catalog is, and what is there for other trackers to share it. */
interface Copy {
  /** Where its documents are, when it was opened. */
  place(): Promise<CopyPlace>;
  readonly store: SnapshotStore;
  readonly shared?: { readonly store: RedisSnapshotStore; readonly changes: TrackerChanges };
}

/** Redis where it is configured, which several trackers can share, else the file, else none. */
function copyOf({ redisUrl, snapshotFile, snapshotIntervalMs }: TrackerConfig, trackerId: PeerId, logger: Logger): Copy | undefined {
  if (redisUrl === undefined) {
    if (snapshotFile === undefined) return undefined;
    const store = new FileSnapshotStore(snapshotFile, logger);
    return { place: async () => ({ snapshotFile, journal: await store.documents() }), store };
  }
  const redis = new RedisConnection(redisUrl, logger);
  const silenceMs = Math.max(TRACKER_SILENCE_MS, SILENT_STEPS * snapshotIntervalMs);
  const changes = new TrackerChanges(redis, trackerId, REDIS_PREFIX, silenceMs);
  const store = new RedisSnapshotStore(redis, REDIS_PREFIX, (transaction, change) => changes.tell(transaction, change));
  return { place: async () => ({ redisUrl }), store, shared: { store, changes } };
}
