import type { CloseReason } from './close-reason.ts';

/** Who opened the connection: `in` was accepted, `out` was dialled. For bytes: received and sent. */
export type Direction = 'in' | 'out';

/** What the transport tells about itself. Calls come from hot paths: an implementation only adds numbers. */
export interface TransportMetrics {
  connectionOpened(direction: Direction): void;
  connectionClosed(direction: Direction, reason: CloseReason): void;
  streamOpened(): void;
  streamClosed(): void;
  bytes(direction: Direction, count: number): void;
  /** A stream had something to send and no credit. */
  creditStall(): void;
  /** One measured round trip, in milliseconds. */
  roundTrip(ms: number): void;
}

export const NO_METRICS: TransportMetrics = {
  connectionOpened() {},
  connectionClosed() {},
  streamOpened() {},
  streamClosed() {},
  bytes() {},
  creditStall() {},
  roundTrip() {},
};
