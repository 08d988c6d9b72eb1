import type { Host } from './host.ts';
import type { HostTable } from './host-table.ts';
import type { EngineLimits } from './limits.ts';
import type { PieceBook } from './piece-book.ts';
import type { RequestLedger } from './request-ledger.ts';

/** A host gets this many times the time that its last piece took before it is stalled. */
const PATIENCE_IN_PIECES = 3;
/** The slowest first piece that is still waited for, in bytes per second. */
const SLOWEST_FIRST_PIECE_BYTES_PER_SECOND = 131_072;
/** The longest that any host is waited for, in ms. */
const MAX_PATIENCE_MS = 30_000;

interface StallParts {
  readonly book: PieceBook;
  readonly hosts: HostTable;
  readonly ledger: RequestLedger;
  readonly limits: Pick<EngineLimits, 'stallTimeoutMs' | 'maxStrikes'>;
}

/** Notices hosts that were asked and send nothing. */
export class StallWatch {
  private readonly patience: number[] = [];

  constructor(private readonly parts: StallParts) {}

  /** A verified piece came from a host. */
  heard(host: Host, now: number): void {
    const pieceMs = Math.max((this.parts.book.pieceLength * 1_000) / Math.max(host.meter.rate(now) ?? 1, 1), now - host.aliveAt);
    this.patience[host.index] = Math.min(Math.max(this.parts.limits.stallTimeoutMs, PATIENCE_IN_PIECES * pieceMs), MAX_PATIENCE_MS);
    host.aliveAt = now;
    host.heardAt = now;
    host.strikes = 0;
    host.restUntil = 0;
  }

  /**
   * `strike`: its pieces have to be taken back; `drop`: it has stalled once too often.
   * A host that nobody could stand in for keeps its pieces until it is dropped: asking it again would only throw away what is half sent.
   */
  check(host: Host, now: number): 'strike' | 'drop' | undefined {
    const { ledger, limits } = this.parts;
    if (host.phase !== 'live' || ledger.bytesOf(host.index) === 0 || now - host.aliveAt < this.patienceFor(host)) return undefined;
    host.aliveAt = now;
    if (this.hasStandIn(host, now)) return 'strike';
    host.strikes++;
    return host.strikes >= limits.maxStrikes ? 'drop' : undefined;
  }

  private patienceFor(host: Host): number {
    const { book, limits } = this.parts;
    const firstMs = (book.pieceLength * 1_000) / SLOWEST_FIRST_PIECE_BYTES_PER_SECOND;
    return this.patience[host.index] ?? Math.min(Math.max(limits.stallTimeoutMs, firstMs), MAX_PATIENCE_MS);
  }

  private hasStandIn(host: Host, now: number): boolean {
    return this.parts.hosts.all().some((other) => other !== host && other.phase === 'live' && now >= other.restUntil);
  }
}
