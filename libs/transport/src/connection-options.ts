import type { Socket } from 'node:net';
import type { PageSwarmError } from '@pageswarm/primitives';
import type { FrameType } from '@pageswarm/wire';
import type { CloseReason } from './close-reason.ts';
import type { Side } from './handshake.ts';
import type { TransportLimits } from './limits.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { SocketReads } from './socket-reads.ts';
import type { TransportLogger } from './transport-logger.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** The streams of one connection, seen from the connection. */
export interface StreamTable {
  /** Streams that are not over. */
  readonly size: number;
  /** A frame of a stream, or an EVENT. @throws PageSwarmError to end the connection */
  frame(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void;
  dataStart(streamId: number, flags: number, length: number): void;
  dataChunk(chunk: Buffer, isLast: boolean): void;
  /** The connection is over; everything that waits fails with `error`. */
  failAll(error: PageSwarmError): void;
}

/** @typeParam C the connection itself, which is declared above these */
export interface ConnectionOptions<C> {
  readonly socket: Socket;
  /** What the socket reads, if it was made to read this way; else it emits `data`. */
  readonly reads?: SocketReads;
  readonly side: Side;
  readonly identity: NodeIdentity;
  readonly swarmKey?: string;
  readonly nonce: Uint8Array;
  readonly limits: TransportLimits;
  readonly metrics: TransportMetrics;
  readonly logger: TransportLogger;
  /** Writes a debug line for each frame. */
  readonly traceFrames?: boolean;
  /** Makes the stream table of this connection once it is open. */
  readonly streams: (connection: C) => StreamTable;
  /** Checks the other end before the connection counts as open. @throws PageSwarmError to refuse it */
  readonly accept?: (remote: NodeIdentity) => void;
  readonly onOpen?: (connection: C) => void;
  /** The other end will answer no new requests here. */
  readonly onGoingAway?: (connection: C) => void;
  /** Called once. `error` is what requests that waited were failed with. */
  readonly onClose?: (connection: C, reason: CloseReason, error: PageSwarmError) => void;
}

export type ConnectionState = 'handshaking' | 'open' | 'draining' | 'closing' | 'closed';
