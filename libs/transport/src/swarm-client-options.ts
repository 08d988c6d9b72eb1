import type { Endpoint, PageSwarmError, PeerId } from '@pageswarm/primitives';
import type { TransportLimits } from './limits.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { TransportLogger } from './transport-logger.ts';
import type { TransportMetrics } from './transport-metrics.ts';
import type { TransportSecurity } from './transport-security.ts';

/** How long `SwarmClient.ping()` waits by default, in ms. */
export const DEFAULT_PING_TIMEOUT_MS = 5_000;

export interface SwarmClientOptions {
  readonly endpoint: Endpoint;
  readonly identity: NodeIdentity;
  readonly security?: TransportSecurity;
  readonly limits?: Partial<TransportLimits>;
  readonly metrics?: TransportMetrics;
  readonly logger?: TransportLogger;
  /** Writes a debug line for each frame, never its payload. @default false */
  readonly traceFrames?: boolean;
  /** Anybody else at the endpoint is refused with HANDSHAKE_FAILED. */
  readonly expectedPeerId?: PeerId;
  /** After the first connect() a lost connection is dialled again with growing, jittered waits until close(). @default off */
  readonly keepConnected?: { readonly minMs?: number; readonly maxMs?: number };
}

export type SwarmClientStatus = 'connected' | 'disconnected' | 'reconnecting';

export type SwarmClientEvents = {
  connect: (remote: NodeIdentity) => void;
  disconnect: (error: PageSwarmError) => void;
};
