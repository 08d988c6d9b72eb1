import { PageSwarmError } from '@pageswarm/primitives';
import { DEFAULT_MAX_DATA_BYTES, DEFAULT_MAX_JSON_BYTES, DEFAULT_STREAM_WINDOW_BYTES } from '@pageswarm/wire';

/** Every bound of a transport connection, server or client. All are whole numbers from 0; milliseconds where the name says so. */
export interface TransportLimits {
  /** Time for the TCP and TLS connect together with the handshake on the connecting side. @default 10000 */
  readonly connectTimeoutMs: number;
  /** Time that an accepted connection has for its handshake, however slowly it sends. @default 10000 */
  readonly handshakeTimeoutMs: number;
  /** Accepted connections of one server. @default 16384 */
  readonly maxConnections: number;
  /** Accepted connections of one server from one remote address; a whole local swarm shares 127.0.0.1. @default 4096 */
  readonly maxConnectionsPerAddress: number;
  /** Accepted connections of one server that have not finished their handshake; beyond, the oldest has to go. @default 1024 */
  readonly maxPendingHandshakes: number;
  /** Requests at once on one connection, told to the other end; the answerer counts a handler until it has settled. @default 256 */
  readonly maxStreams: number;
  /** Requests of a client that wait because the other end takes no more at once; further ones are refused. @default 4096 */
  readonly maxQueuedRequests: number;
  /** Events of one connection whose handlers run at once; more are dropped and logged. @default 1024 */
  readonly maxEvents: number;
  /** A JSON payload: request data, one value of an answer, the head of a byte stream. @default 1048576 */
  readonly maxJsonBytes: number;
  /** The payload of one received DATA frame. @default 262144 */
  readonly maxDataBytes: number;
  /** What the other end may send on one stream before the reader takes it, frame headers included. @default 1048576 */
  readonly streamWindowBytes: number;
  /** What all streams of one connection may hold together for readers that do not read. @default 67108864 */
  readonly maxReceiveBufferBytes: number;
  /** What one stream reads ahead from its source while it waits for credit or the socket. @default 262144 */
  readonly sendAheadBytes: number;
  /** Answers or requests that wait for an end that does not read. A server stops reading at a quarter of it and refuses beyond, a client refuses. @default 16777216 */
  readonly maxWriteQueueBytes: number;
  /** A connection asks for a sign of life this often. 0 is never. @default 15000 */
  readonly heartbeatIntervalMs: number;
  /** A connection that has received nothing for so long is dead. 0 is never. @default 45000 */
  readonly heartbeatTimeoutMs: number;
  /** A connection without requests for so long is closed. 0 is never. @default 0 */
  readonly idleTimeoutMs: number;
  /** What close() gives to running requests before it destroys them. @default 5000 */
  readonly drainTimeoutMs: number;
  /** After the last frame a socket waits so long for the other end to close. @default 1000 */
  readonly lingerMs: number;
}

export const DEFAULT_LIMITS: TransportLimits = {
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 10_000,
  maxConnections: 16_384,
  maxConnectionsPerAddress: 4_096,
  maxPendingHandshakes: 1_024,
  maxStreams: 256,
  maxQueuedRequests: 4_096,
  maxEvents: 1_024,
  maxJsonBytes: DEFAULT_MAX_JSON_BYTES,
  maxDataBytes: DEFAULT_MAX_DATA_BYTES,
  streamWindowBytes: DEFAULT_STREAM_WINDOW_BYTES,
  maxReceiveBufferBytes: 67_108_864,
  sendAheadBytes: 262_144,
  maxWriteQueueBytes: 16_777_216,
  heartbeatIntervalMs: 15_000,
  heartbeatTimeoutMs: 45_000,
  idleTimeoutMs: 0,
  drainTimeoutMs: 5_000,
  lingerMs: 1_000,
};

/** The smallest stream window and data frame that two ends can agree on, in bytes: less would stall on headers. */
export const MIN_WINDOW_BYTES = 4_096;

/** The smallest JSON limit that two ends can agree on, in bytes: an error must always fit. */
export const MIN_JSON_BYTES = 4_096;

/** The most characters of an error's detail that are sent to the other end. */
export const MAX_ERROR_DETAIL_LENGTH = 1_024;

const SMALLEST: Partial<Record<keyof TransportLimits, number>> = {
  connectTimeoutMs: 1,
  handshakeTimeoutMs: 1,
  maxConnections: 1,
  maxConnectionsPerAddress: 1,
  maxPendingHandshakes: 1,
  maxStreams: 1,
  maxJsonBytes: MIN_JSON_BYTES,
  maxDataBytes: MIN_WINDOW_BYTES,
  streamWindowBytes: MIN_WINDOW_BYTES,
  sendAheadBytes: 1,
};

/** Defaults with `overrides`. @throws PageSwarmError INVALID_CONFIGURATION naming the limit that makes no sense */
export function verifyLimits(overrides: Partial<TransportLimits> = {}): TransportLimits {
  const limits = { ...DEFAULT_LIMITS, ...Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)) };
  for (const [name, value] of Object.entries(limits)) {
    const least = SMALLEST[name as keyof TransportLimits] ?? 0;
    if (!(name in DEFAULT_LIMITS)) throw new PageSwarmError('INVALID_CONFIGURATION', `There is no transport limit "${name}"`);
    if (!Number.isSafeInteger(value) || value < least || value > 0xffff_ffff)
      throw new PageSwarmError('INVALID_CONFIGURATION', `The transport limit ${name} must be a whole number from ${least}, got ${value}`);
  }
  return limits;
}
