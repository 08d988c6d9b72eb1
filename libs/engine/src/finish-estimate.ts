import type { Host } from './host.ts';
import type { HostQueues } from './host-queues.ts';
import type { EngineLimits } from './limits.ts';
import type { PieceBook } from './piece-book.ts';
import { RUN_BYTES } from './piece-picker.ts';
import type { RequestLedger } from './request-ledger.ts';

/** The rate that a host is given credit for before it has sent a piece, in bytes per second. */
export const UNKNOWN_RATE_BYTES_PER_SECOND = 1_048_576;

/** A piece may be late by as much as this many pieces, or runs of them, take before its host counts as silent. */
const USUAL_DELAY_IN_PIECES = 2;

/** When each host would be done, from what it was asked for, what it is planned for and how fast it sends. */
export class FinishEstimate {
  constructor(
    private readonly book: Pick<PieceBook, 'pieceLength'>,
    private readonly ledger: RequestLedger,
    private readonly queues: HostQueues,
    private readonly limits: Pick<EngineLimits, 'trialMs'>,
  ) {}

  /** Measured bytes per second; undefined before the first piece. */
  measured(host: Host, now: number): number | undefined {
    return host.meter.rate(now);
  }

  /** The rate at which a host is thought to work off what it has: before the first piece at most one piece over the time it had. */
  pace(host: Host, now: number): number {
    return this.measured(host, now) ?? (this.book.pieceLength * 1_000) / (host.meter.busyTime(now) + 1);
  }

  /** True while a host has not had the time to show its rate: its first bytes carry the delay of everybody's start. */
  isUntried(host: Host, now: number): boolean {
    return host.meter.busyTime(now) < this.limits.trialMs;
  }

  /** The rate that a host is trusted with for new work. */
  promise(host: Host, now: number): number {
    return this.measured(host, now) ?? UNKNOWN_RATE_BYTES_PER_SECOND;
  }

  /** Bytes that a host was asked for or is planned for. */
  load(host: Host): number {
    return this.ledger.bytesOf(host.index) + this.queues.bytesOf(host.index);
  }

  /** ms until a host is done with all it has. */
  finishMs(host: Host, now: number): number {
    return this.owedMs(host, this.load(host), now);
  }

  /**
   * ms until a host has sent `bytes` of what it was asked for. One that fell silent is thought to stay silent for as long as it has been:
   * its measured rate says how fast it was, not whether it still is.
   */
  owedMs(host: Host, bytes: number, now: number): number {
    return (bytes * 1_000) / Math.max(this.pace(host, now), 1) + this.silenceMs(host, now);
  }

  /** Time since a host ought to have sent its next piece, 0 while it is in time. */
  silenceMs(host: Host, now: number): number {
    if (this.ledger.bytesOf(host.index) === 0) return 0;
    // The rate falls while nothing comes: measured by that, a host that is gone would be given more time the longer it is gone.
    const pace = Math.max(host.meter.lastRate ?? this.pace(host, now), 1);
    const expectedMs = (host.latencyMs ?? 0) + (USUAL_DELAY_IN_PIECES * Math.max(this.book.pieceLength, RUN_BYTES) * 1_000) / pace;
    return Math.max(0, now - host.aliveAt - expectedMs);
  }

  /** ms until `bytes` more would have come from a host if it were asked now. */
  deliveryMs(host: Host, bytes: number, now: number): number {
    return (host.latencyMs ?? 0) + ((this.ledger.bytesOf(host.index) + bytes) * 1_000) / Math.max(this.promise(host, now), 1);
  }
}
