import type { CloseReason, Direction, TransportMetrics } from '../index.ts';

/** Metrics that a test can look at. */
export class CountingMetrics implements TransportMetrics {
  readonly closed: string[] = [];
  readonly counts = { open: 0, streams: 0, in: 0, out: 0, stalls: 0, pings: 0 };

  connectionOpened(): void {
    this.counts.open++;
  }
  connectionClosed(direction: Direction, reason: CloseReason): void {
    this.counts.open--;
    this.closed.push(`${direction} ${reason}`);
  }
  streamOpened(): void {
    this.counts.streams++;
  }
  streamClosed(): void {
    this.counts.streams--;
  }
  bytes(direction: Direction, count: number): void {
    this.counts[direction] += count;
  }
  creditStall(): void {
    this.counts.stalls++;
  }
  roundTrip(): void {
    this.counts.pings++;
  }
}
