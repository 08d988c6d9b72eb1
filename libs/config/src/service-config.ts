import { hostname } from 'node:os';
import { type Endpoint, PageSwarmError, parseEndpoint } from '@pageswarm/primitives';
import { readEnvironment } from './read-environment.ts';
import type { Environment, VariableName } from './variables.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What every service is told. */
export interface CommonConfig {
  readonly nodeName: string;
  readonly http: Endpoint;
  readonly transport: Endpoint;
  readonly dataDir: string;
  readonly log: { readonly level: Environment['PAGESWARM_LOG_LEVEL']; readonly format: Environment['PAGESWARM_LOG_FORMAT'] };
  readonly swarmKey: string | undefined;
  readonly admin: { readonly token: string | undefined; readonly open: boolean };
  readonly shutdownGraceMs: number;
}

export interface TrackerConfig extends CommonConfig {
  readonly redisUrl: string | undefined;
  readonly snapshotFile: string | undefined;
  /** For how long it goes on answering at shutdown while it takes nothing in. */
  readonly drainMs: number;
  readonly snapshotIntervalMs: number;
  readonly leaseMs: number;
  readonly publicUrl: string | undefined;
  /** 0 takes a free port; undefined is without UDP. */
  readonly udpPort: number | undefined;
  readonly maxHandout: number;
  /** BitTorrent clients may announce torrents that are no listed documents. */
  readonly openTracker: boolean;
  /** Only what an admin put on the allow-list is listed and tracked. */
  readonly allowListOnly: boolean;
  /** Per address and second; 0 is without limit, undefined is the default. */
  readonly rates: { readonly announces: number | undefined; readonly searches: number | undefined };
}

export interface PeerConfig extends CommonConfig {
  readonly trackers: readonly Endpoint[];
  readonly workers: readonly Endpoint[];
  readonly advertise: { readonly host: string | undefined; readonly port: number | undefined };
  readonly zone: string | undefined;
  readonly maxDocumentBytes: number;
  readonly strategy: Environment['PAGESWARM_STRATEGY'];
  readonly maxActiveDownloads: number;
  readonly hostSearchMs: number;
  readonly rateLimits: { readonly upload: RateLimitConfig; readonly download: RateLimitConfig };
  readonly scrubBytesPerSecond: number;
}

/** Bytes per second in one direction; null is without limit. */
export interface RateLimitConfig {
  readonly node: number | null;
  readonly document: number | null;
  readonly peer: number | null;
}

export interface WorkerConfig extends CommonConfig {
  readonly poolSize: number;
  readonly jobTimeoutMs: number;
  readonly jobMemoryBytes: number;
  readonly maxQueuedJobs: number;
}

const ports = (http: number): Partial<Record<VariableName, string>> => ({
  PAGESWARM_HTTP_PORT: String(http),
  PAGESWARM_TRANSPORT_PORT: String(http + 1),
});

/** @throws PageSwarmError INVALID_CONFIGURATION */
export function readTrackerConfig(env: Env): TrackerConfig {
  const values = readEnvironment(env, ports(7180));
  return {
    ...common(values),
    redisUrl: values.PAGESWARM_REDIS_URL,
    snapshotFile: values.PAGESWARM_SNAPSHOT_FILE,
    drainMs: values.PAGESWARM_DRAIN_MS,
    snapshotIntervalMs: values.PAGESWARM_SNAPSHOT_INTERVAL_MS,
    leaseMs: values.PAGESWARM_LEASE_MS,
    publicUrl: values.PAGESWARM_PUBLIC_URL?.replace(/\/+$/, ''),
    udpPort: values.PAGESWARM_UDP_PORT,
    maxHandout: values.PAGESWARM_MAX_HANDOUT,
    openTracker: values.PAGESWARM_OPEN_TRACKER,
    allowListOnly: values.PAGESWARM_ALLOW_LIST,
    rates: { announces: values.PAGESWARM_ANNOUNCES_PER_SECOND, searches: values.PAGESWARM_SEARCHES_PER_SECOND },
  };
}

/** @throws PageSwarmError INVALID_CONFIGURATION */
export function readPeerConfig(env: Env): PeerConfig {
  const values = readEnvironment(env, ports(7184));
  return {
    ...common(values),
    trackers: endpoints('PAGESWARM_TRACKERS', values.PAGESWARM_TRACKERS),
    workers: endpoints('PAGESWARM_WORKERS', values.PAGESWARM_WORKERS),
    advertise: { host: values.PAGESWARM_ADVERTISE_HOST, port: values.PAGESWARM_ADVERTISE_PORT || undefined },
    zone: values.PAGESWARM_ZONE,
    maxDocumentBytes: values.PAGESWARM_MAX_DOCUMENT_BYTES,
    strategy: values.PAGESWARM_STRATEGY,
    maxActiveDownloads: values.PAGESWARM_MAX_ACTIVE_DOWNLOADS,
    hostSearchMs: values.PAGESWARM_HOST_SEARCH_MS,
    rateLimits: {
      upload: {
        node: values.PAGESWARM_UPLOAD_LIMIT_BYTES || null,
        document: values.PAGESWARM_UPLOAD_LIMIT_BYTES_PER_DOCUMENT || null,
        peer: values.PAGESWARM_UPLOAD_LIMIT_BYTES_PER_PEER || null,
      },
      download: {
        node: values.PAGESWARM_DOWNLOAD_LIMIT_BYTES || null,
        document: values.PAGESWARM_DOWNLOAD_LIMIT_BYTES_PER_DOCUMENT || null,
        peer: values.PAGESWARM_DOWNLOAD_LIMIT_BYTES_PER_PEER || null,
      },
    },
    scrubBytesPerSecond: values.PAGESWARM_SCRUB_BYTES_PER_SECOND,
  };
}

/** @throws PageSwarmError INVALID_CONFIGURATION */
export function readWorkerConfig(env: Env): WorkerConfig {
  const values = readEnvironment(env, ports(7182));
  return {
    ...common(values),
    poolSize: values.PAGESWARM_POOL_SIZE,
    jobTimeoutMs: values.PAGESWARM_JOB_TIMEOUT_MS,
    jobMemoryBytes: values.PAGESWARM_JOB_MEMORY_BYTES,
    maxQueuedJobs: values.PAGESWARM_MAX_QUEUED_JOBS,
  };
}

function common(values: Environment): CommonConfig {
  return {
    nodeName: values.PAGESWARM_NODE_NAME ?? hostname(),
    http: { host: values.PAGESWARM_HTTP_HOST, port: values.PAGESWARM_HTTP_PORT },
    transport: { host: values.PAGESWARM_TRANSPORT_HOST, port: values.PAGESWARM_TRANSPORT_PORT },
    dataDir: values.PAGESWARM_DATA_DIR,
    log: { level: values.PAGESWARM_LOG_LEVEL, format: values.PAGESWARM_LOG_FORMAT },
    swarmKey: values.PAGESWARM_SWARM_KEY,
    admin: { token: values.PAGESWARM_ADMIN_TOKEN, open: values.PAGESWARM_ADMIN_OPEN },
    shutdownGraceMs: values.PAGESWARM_SHUTDOWN_GRACE_MS,
  };
}

function endpoints(name: VariableName, texts: readonly string[]): Endpoint[] {
  return texts.map((text) => {
    try {
      return parseEndpoint(text);
    } catch (cause) {
      throw new PageSwarmError('INVALID_CONFIGURATION', `${name} holds "${text}", which is not host:port`, { cause });
    }
  });
}
