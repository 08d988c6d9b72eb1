import type { FinishEstimate } from './finish-estimate.ts';
import type { Host } from './host.ts';
import type { EngineLimits } from './limits.ts';
import type { PieceBook } from './piece-book.ts';
import type { PickBudget } from './piece-picker.ts';
import type { RequestLedger } from './request-ledger.ts';

/** Bytes in flight to a host whose rate is not known: two pieces at least, so that it never waits for the next request. */
export function leastInFlight(limits: Pick<EngineLimits, 'minInFlightBytes'>, pieceLength: number): number {
  return Math.max(limits.minInFlightBytes, 2 * pieceLength);
}

/** For this long the sum of all rates is not computed anew: every piece that comes asks for it. */
const BUSY_RATE_AGE_MS = 20;

/** How much to ask of a host now: its measured rate times its round trip and a little more is kept in flight. */
export class RequestPacing {
  private busyRateSum = 0;
  private busyRateAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly book: PieceBook,
    private readonly ledger: RequestLedger,
    private readonly estimate: FinishEstimate,
    private readonly limits: EngineLimits,
  ) {}

  /**
   * The next request to a host, undefined while enough is in flight.
   * With `sharers`, the hosts that can take each other's work, nobody is asked for more than its part of what is missing:
   * near the end a slow host must not hold what fast ones would have brought long before.
   */
  budget(host: Host, now: number, sharers?: readonly Host[]): PickBudget | undefined {
    const inFlight = this.ledger.bytesOf(host.index);
    if (this.book.unstoredBytes >= this.limits.maxUnstoredBytes) return undefined;
    if (inFlight > 0 && this.ledger.totalBytes >= this.limits.maxTotalInFlightBytes) return undefined;
    let target = this.target(host, now);
    if (inFlight > 0 && this.isEnough(target, inFlight)) return undefined;
    if (sharers) target = Math.min(target, this.partOfMissing(host, sharers, now));
    if (inFlight > 0 && this.isEnough(target, inFlight)) return undefined;
    return { bytes: Math.min(this.grain(target), target), pieces: this.limits.maxRequestPieces };
  }

  /** Bytes to keep in flight. */
  private target(host: Host, now: number): number {
    const { pieceLength } = this.book;
    // A host that failed last time has to prove itself with one piece.
    if (host.strikes > 0) return pieceLength;
    const rate = this.estimate.measured(host, now);
    if (rate === undefined) return leastInFlight(this.limits, pieceLength);
    // One piece more than the pipe holds, because the host is seen to go on only when a whole piece has come.
    const ahead = (rate * ((host.latencyMs ?? 0) + this.limits.pipelineAheadMs)) / 1_000 + pieceLength;
    // What a host has sent so far is what its rate rests on: its first bytes may come at once, out of a buffer or of the burst that a
    // rate limit allows, and nobody should be asked for seconds of work on their strength. This doubles with every round trip.
    const earned = leastInFlight(this.limits, pieceLength) + host.bytes;
    return Math.max(this.limits.minInFlightBytes, Math.min(ahead, earned, this.limits.maxInFlightBytes), pieceLength);
  }

  /** Whole pieces come nearest to the target, above or below it. */
  private isEnough(target: number, inFlight: number): boolean {
    return target - inFlight < this.grain(target) - this.book.pieceLength / 2;
  }

  /** Requests of a quarter of what is in flight: few enough to be cheap, enough of them that the host never waits for the next. */
  private grain(target: number): number {
    return Math.max(this.book.pieceLength, Math.min(target / 4, this.limits.maxRequestBytes));
  }

  private partOfMissing(host: Host, sharers: readonly Host[], now: number): number {
    const own = this.estimate.measured(host, now);
    // What is not planned is not given to whoever comes first: a small document would be its alone, and it may be slow, or silent.
    if (own === undefined) return Math.max(this.book.pieceLength, this.estimate.load(host), this.book.missingBytes / countLive(sharers));
    return Math.max(this.book.pieceLength, (this.book.missingBytes * own) / Math.max(own, this.busyRate(sharers, now)));
  }

  /** Bytes per second of all hosts that have something to do. */
  private busyRate(hosts: readonly Host[], now: number): number {
    if (now - this.busyRateAt < BUSY_RATE_AGE_MS) return this.busyRateSum;
    this.busyRateAt = now;
    this.busyRateSum = 0;
    for (const host of hosts) if (this.estimate.load(host) > 0) this.busyRateSum += this.estimate.measured(host, now) ?? 0;
    return this.busyRateSum;
  }
}

function countLive(hosts: readonly Host[]): number {
  let count = 0;
  for (const host of hosts) if (host.phase === 'live') count++;
  return Math.max(count, 1);
}
