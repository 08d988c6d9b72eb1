/** What hostile peers do to a host while somebody else asks it. */
export const ATTACKS = [
  'slow-loris handshakes',
  '10,000 half-open sockets',
  'half-open sockets that arrive, 2,000 a second',
  'frames that claim 4 GiB',
  'credit overruns',
  'stream ids used twice',
  'readers that never read',
  'random bytes',
  'replayed handshakes',
] as const;

export type Attack = (typeof ATTACKS)[number];

/** Connections that are open and idle at once. */
export const IDLE_CONNECTIONS = 10_000;

/** Connections that ask and read no answers. */
export const NEVER_READING = 20;

/** The host that is attacked. */
export interface HostPorts {
  readonly open: number;
  /** The same host behind a swarm key. */
  readonly keyed: number;
}

export const HOST_KEY = 'a key of the benchmark';

/** What the attacking process is told to begin with. */
export type Order = { readonly attack: Attack } | { readonly idle: number } | 'stop';

/** Bytes that a process holds, after garbage was collected. */
export interface MemoryReport {
  readonly rss: number;
  readonly connections: number;
}
