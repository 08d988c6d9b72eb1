import type { Host } from './host.ts';
import { RUN_BYTES } from './piece-picker.ts';
import type { FillingParts, RequestFilling } from './request-filling.ts';
import type { PieceRequest } from './request-ledger.ts';

interface DemandParts extends FillingParts {
  readonly filling: RequestFilling;
}

/** Neighbours in the order of demand that one host is asked for together. */
interface Run {
  readonly host: Host;
  /** True if the pieces are asked for the first time. */
  readonly isFirst: boolean;
  readonly pieces: number[];
  bytes: number;
}

/** Brings what readers wait for before everything else, past what is in flight, and again from a faster host when the first is slow. */
export class DemandService {
  constructor(private readonly parts: DemandParts) {}

  /** Readers want something that they did not want before. */
  raise(now: number): void {
    if (this.parts.demands.size === 0) return;
    this.makeWay(now);
    this.serve(now);
    this.parts.hold.begin(now);
  }

  serve(now: number): void {
    const { demands, book, limits } = this.parts;
    if (demands.size === 0) return;
    // In small runs, so that a page comes from all hosts at once, at the sum of their rates.
    const runs: Run[] = [];
    const given = new Map<Host, number>();
    let burst = 0;
    for (const piece of demands.missing()) {
      if (burst >= limits.demandBurstBytes) break;
      const bytes = book.bytesOf(piece);
      burst += bytes;
      const last = runs.at(-1);
      const isFirst = book.isOpen(piece);
      const host =
        last && isFirst && this.takesAlso(last, piece)
          ? last.host
          : isFirst
            ? this.quickest(piece, given, now)
            : this.quicker(piece, given, now);
      if (!host) continue;
      given.set(host, (given.get(host) ?? 0) + bytes);
      if (last && last.host === host && last.isFirst === isFirst && last.bytes < RUN_BYTES) {
        last.pieces.push(piece);
        last.bytes += bytes;
      } else runs.push({ host, isFirst, pieces: [piece], bytes });
    }
    for (const { host, pieces } of runs) this.parts.filling.issue(host, pieces, now);
  }

  /**
   * What hosts were asked for, have not begun to send and no reader waits for is taken back, where it would keep a reader waiting. It costs
   * no bytes, and the hosts are asked for it again, behind what the reader wants.
   */
  private makeWay(now: number): void {
    const { hosts, estimate, limits, strategy, filling } = this.parts;
    for (const host of hosts.all()) {
      if (host.phase !== 'live' || !this.isWanted(host)) continue;
      const inTheWay = this.inTheWay(host, now);
      const bytes = inTheWay.reduce((sum, request) => sum + this.pendingBytes(request), 0);
      if (bytes * 1_000 < limits.demandQueueMs * estimate.promise(host, now)) continue;
      const pieces = inTheWay.flatMap((request) => filling.withdraw(request, 'a reader waits for something else'));
      strategy.postponed(pieces, host);
    }
  }

  /** Requests of a host that no reader waits for, other than those whose bytes may be on their way. */
  private inTheWay(host: Host, now: number): PieceRequest[] {
    const { ledger, estimate, demands } = this.parts;
    const onTheWay = (estimate.promise(host, now) * (host.latencyMs ?? 0)) / 1_000;
    const found: PieceRequest[] = [];
    let before = 0;
    for (const request of ledger.of(host.index)) {
      const isSafe = before > onTheWay && !request.begun;
      if (isSafe && !request.pieces.some((piece) => demands.has(piece))) found.push(request);
      before += this.pendingBytes(request);
    }
    return found;
  }

  private pendingBytes(request: PieceRequest): number {
    const { ledger, book } = this.parts;
    return request.pieces.reduce((sum, piece) => sum + (ledger.isPending(request, piece) ? book.bytesOf(piece) : 0), 0);
  }

  private isWanted(host: Host): boolean {
    for (const piece of this.parts.demands.missing()) if (this.parts.picker.holds(host.index, piece)) return true;
    return false;
  }

  private takesAlso({ host, isFirst, bytes }: Run, piece: number): boolean {
    return isFirst && bytes < RUN_BYTES && this.parts.picker.holds(host.index, piece);
  }

  /** The host that would bring an open piece first. */
  private quickest(piece: number, given: ReadonlyMap<Host, number>, now: number): Host | undefined {
    let best: Host | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const host of this.parts.hosts.all()) {
      if (host.phase !== 'live' || now < host.restUntil || !this.parts.picker.holds(host.index, piece)) continue;
      const ms = this.deliveryMs(host, piece, given, now);
      if (ms >= least) continue;
      best = host;
      least = ms;
    }
    return best;
  }

  /** A host that would bring a requested piece in less than half the time that the asked one still needs. */
  private quicker(piece: number, given: ReadonlyMap<Host, number>, now: number): Host | undefined {
    const { ledger, hosts, limits } = this.parts;
    const [request, ...others] = ledger.askedOf(piece);
    if (!request || others.length > 0) return undefined;
    const asked = hosts.at(request.host);
    const best = this.quickest(piece, given, now);
    if (!best || best === asked) return undefined;
    const waitMs = this.parts.estimate.owedMs(asked, this.bytesUpTo(asked, piece), now);
    const ms = this.deliveryMs(best, piece, given, now);
    return waitMs > limits.endgameFactor * ms && waitMs - ms >= limits.endgameMinGainMs ? best : undefined;
  }

  private deliveryMs(host: Host, piece: number, given: ReadonlyMap<Host, number>, now: number): number {
    return this.parts.estimate.deliveryMs(host, this.parts.book.bytesOf(piece) + (given.get(host) ?? 0), now);
  }

  /** Bytes that a host owes up to and including a piece; it sends in the order asked. */
  private bytesUpTo(host: Host, piece: number): number {
    const { ledger, book } = this.parts;
    let bytes = 0;
    for (const request of ledger.of(host.index))
      for (const other of request.pieces) {
        if (!ledger.isPending(request, other)) continue;
        bytes += book.bytesOf(other);
        if (other === piece) return bytes;
      }
    return bytes;
  }
}
