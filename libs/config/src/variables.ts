import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const whole = (fallback: number, least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(least).max(most).default(fallback);
const flag = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((text) => text === '1' || text === 'true');
/** The lowest rate limit, in bytes per second: below one piece a second peers would take each other for dead. */
export const MIN_RATE_LIMIT_BYTES = 16_384;
const rateLimit = z.coerce
  .number()
  .int()
  .refine((rate) => rate === 0 || rate >= MIN_RATE_LIMIT_BYTES, `must be 0 or at least ${MIN_RATE_LIMIT_BYTES}`)
  .default(0);
const endpointList = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    );

/** One environment variable: what it means, how it is checked, and what it is when unset. */
interface Variable {
  readonly schema: z.ZodType;
  readonly meaning: string;
}

/**
 * Every variable that any PageSwarm process reads. A service ignores those of the others, so that one environment can
 * serve a whole swarm; a `PAGESWARM_*` name that is not here is refused at start.
 */
export const VARIABLES = {
  PAGESWARM_HTTP_HOST: { schema: z.string().min(1).default('127.0.0.1'), meaning: 'Address that the HTTP face listens on.' },
  PAGESWARM_HTTP_PORT: {
    schema: port(0),
    meaning: 'Port of the HTTP face; 0 takes a free one. Defaults: tracker 7180, pdf-worker 7182, peer-node 7184.',
  },
  PAGESWARM_TRANSPORT_HOST: { schema: z.string().min(1).default('127.0.0.1'), meaning: 'Address that the swarm transport listens on.' },
  PAGESWARM_TRANSPORT_PORT: {
    schema: port(0),
    meaning: 'Port of the swarm transport; 0 takes a free one. Defaults: tracker 7181, pdf-worker 7183, peer-node 7185.',
  },
  PAGESWARM_DATA_DIR: { schema: z.string().min(1).default('.pageswarm'), meaning: 'Folder for everything that a node keeps.' },
  PAGESWARM_NODE_NAME: { schema: z.string().min(1).max(100).optional(), meaning: 'Name of the node for people; the host name when unset.' },
  PAGESWARM_LOG_LEVEL: {
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    meaning: 'Least severe log lines to write.',
  },
  PAGESWARM_LOG_FORMAT: {
    schema: z.enum(['auto', 'json', 'pretty']).default('auto'),
    meaning: 'auto is pretty on a terminal and JSON elsewhere.',
  },
  PAGESWARM_SWARM_KEY: {
    schema: z.string().min(16).max(256).optional(),
    meaning: 'Secret that all nodes of the swarm share; without one any node may join.',
  },
  PAGESWARM_ADMIN_TOKEN: {
    schema: z.string().min(16).max(256).optional(),
    meaning: 'Bearer token for requests that change something; without one only this machine may send them.',
  },
  PAGESWARM_ADMIN_OPEN: { schema: flag, meaning: '1 lets every address send requests that change something.' },
  PAGESWARM_SHUTDOWN_GRACE_MS: { schema: whole(5_000, 0, 600_000), meaning: 'Milliseconds that running work may take to end at shutdown.' },
  PAGESWARM_DRAIN_MS: {
    schema: whole(0, 0, 600_000),
    meaning: 'Milliseconds that a tracker goes on answering at shutdown while it takes nothing in, so that clients find another one.',
  },
  PAGESWARM_REDIS_URL: {
    schema: z.url({ protocol: /^rediss?$/ }).optional(),
    meaning: 'Redis for the tracker snapshot.',
  },
  PAGESWARM_SNAPSHOT_FILE: {
    schema: z.string().min(1).optional(),
    meaning: 'File for the tracker snapshot when there is no Redis, for one tracker alone; without both the catalog lives in memory.',
  },
  PAGESWARM_SNAPSHOT_INTERVAL_MS: {
    schema: whole(2_000, 100, 3_600_000),
    meaning: 'Milliseconds between two steps of the tracker snapshot.',
  },
  PAGESWARM_LEASE_MS: {
    schema: whole(30_000, 1_000, 3_600_000),
    meaning:
      'Milliseconds after which a silent peer is forgotten by the tracker; it renews 2.5 times in that, so two missed renewals end it.',
  },
  PAGESWARM_PUBLIC_URL: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    meaning: 'Base URL of the tracker in .torrent files; derived from the request when unset.',
  },
  PAGESWARM_UDP_PORT: {
    schema: z.coerce.number().int().min(0).max(65_535).optional(),
    meaning: 'Port on the HTTP host where the tracker answers BitTorrent clients over UDP; 0 takes a free one, unset is off.',
  },
  PAGESWARM_OPEN_TRACKER: {
    schema: flag,
    meaning: '1 lets BitTorrent clients announce torrents that are no listed documents.',
  },
  PAGESWARM_ALLOW_LIST: {
    schema: flag,
    meaning: '1 lists and tracks only what an admin put on the allow-list.',
  },
  PAGESWARM_ANNOUNCES_PER_SECOND: {
    schema: z.coerce.number().int().min(0).max(1_000_000).optional(),
    meaning:
      'Announces of BitTorrent clients per second that one address may send, ten seconds of them at once; 0 is without limit. When unset 100, and none for this machine.',
  },
  PAGESWARM_SEARCHES_PER_SECOND: {
    schema: z.coerce.number().int().min(0).max(1_000_000).optional(),
    meaning: 'The same for searches over HTTP and on the transport. When unset 20, and none for this machine.',
  },
  PAGESWARM_MAX_HANDOUT: { schema: whole(50, 1, 1_000), meaning: 'Most hosts in one answer of the tracker.' },
  PAGESWARM_TRACKERS: { schema: endpointList('127.0.0.1:7181'), meaning: 'Trackers as host:port, separated by commas.' },
  PAGESWARM_WORKERS: {
    schema: endpointList('127.0.0.1:7183'),
    meaning: 'pdf-workers as host:port, separated by commas; a lone comma for none.',
  },
  PAGESWARM_ADVERTISE_HOST: {
    schema: z.string().min(1).optional(),
    meaning: 'Address that others reach this node at; the local address of the connection to the tracker when unset.',
  },
  PAGESWARM_ADVERTISE_PORT: { schema: port(0), meaning: 'Transport port that others reach this node at; the listening port when 0.' },
  PAGESWARM_ZONE: { schema: z.string().min(1).max(100).optional(), meaning: 'Zone of this node.' },
  PAGESWARM_MAX_DOCUMENT_BYTES: { schema: whole(1_073_741_824, 1), meaning: 'Largest document that is accepted, in bytes.' },
  PAGESWARM_STRATEGY: {
    schema: z.enum(['adaptive', 'cascade', 'rarest-first', 'sequential']).default('adaptive'),
    meaning: 'Strategy of downloads that name none.',
  },
  PAGESWARM_MAX_ACTIVE_DOWNLOADS: { schema: whole(4, 1, 1_000), meaning: 'Downloads that run at once; others wait.' },
  PAGESWARM_HOST_SEARCH_MS: {
    schema: whole(15_000, 0, 86_400_000),
    meaning: 'Milliseconds that a download without hosts looks for one before it fails.',
  },
  PAGESWARM_UPLOAD_LIMIT_BYTES: { schema: rateLimit, meaning: 'Bytes per second that this node sends to other peers; 0 is without limit.' },
  PAGESWARM_UPLOAD_LIMIT_BYTES_PER_DOCUMENT: { schema: rateLimit, meaning: 'The same for each document.' },
  PAGESWARM_UPLOAD_LIMIT_BYTES_PER_PEER: { schema: rateLimit, meaning: 'The same for each peer.' },
  PAGESWARM_DOWNLOAD_LIMIT_BYTES: {
    schema: rateLimit,
    meaning: 'Bytes per second that this node takes from other peers; 0 is without limit.',
  },
  PAGESWARM_DOWNLOAD_LIMIT_BYTES_PER_DOCUMENT: { schema: rateLimit, meaning: 'The same for each document.' },
  PAGESWARM_DOWNLOAD_LIMIT_BYTES_PER_PEER: { schema: rateLimit, meaning: 'The same for each peer.' },
  PAGESWARM_SCRUB_BYTES_PER_SECOND: {
    schema: whole(2_097_152, 0),
    meaning: 'Bytes per second of stored documents that are checked in the background; 0 is never.',
  },
  PAGESWARM_POOL_SIZE: { schema: whole(2, 1, 256), meaning: 'Child processes of the pdf-worker.' },
  PAGESWARM_JOB_TIMEOUT_MS: {
    schema: whole(10_000, 100, 3_600_000),
    meaning: 'Milliseconds that a PDF job may go without progress before its process is killed.',
  },
  PAGESWARM_JOB_MEMORY_BYTES: {
    schema: whole(805_306_368, 134_217_728),
    meaning: 'Resident bytes that the process of a PDF job may hold before it is killed.',
  },
  PAGESWARM_MAX_QUEUED_JOBS: { schema: whole(256, 1, 1_000_000), meaning: 'PDF jobs that may wait for a process; more are refused.' },
} as const satisfies Record<string, Variable>;

export type VariableName = keyof typeof VARIABLES;
export type Environment = { readonly [Name in VariableName]: z.output<(typeof VARIABLES)[Name]['schema']> };
