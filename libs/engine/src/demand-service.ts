import type { Host } from './host.ts';
import type { FillingParts, RequestFilling } from './request-filling.ts';

interface DemandParts extends FillingParts {
  readonly filling: RequestFilling;
}

/** Brings what readers wait for before everything else, past what is in flight, and again from a faster host when the first is slow. */
export class DemandService {
  constructor(private readonly parts: DemandParts) {}

  serve(now: number): void {
    const { demands, book, limits } = this.parts;
    if (demands.size === 0) return;
    const batches = new Map<Host, number[]>();
    let burst = 0;
    for (const piece of demands.missing()) {
      if (burst >= limits.demandBurstBytes) break;
      burst += book.bytesOf(piece);
      const host = book.isOpen(piece) ? this.quickest(piece, batches, now) : this.quicker(piece, batches, now);
      if (!host) continue;
      const batch = batches.get(host);
      if (!batch) batches.set(host, [piece]);
      else if (batch.length < limits.maxRequestPieces) batch.push(piece);
    }
    for (const [host, pieces] of batches) this.parts.filling.issue(host, pieces, now);
  }

  /** The host that would bring an open piece first. */
  private quickest(piece: number, batches: ReadonlyMap<Host, readonly number[]>, now: number): Host | undefined {
    let best: Host | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const host of this.parts.hosts.all()) {
      if (host.phase !== 'live' || now < host.restUntil || !this.parts.picker.holds(host.index, piece)) continue;
      const ms = this.deliveryMs(host, piece, batches, now);
      if (ms >= least) continue;
      best = host;
      least = ms;
    }
    return best;
  }

  /** A host that would bring a requested piece in less than half the time that the asked one still needs. */
  private quicker(piece: number, batches: ReadonlyMap<Host, readonly number[]>, now: number): Host | undefined {
    const { ledger, hosts, limits } = this.parts;
    const [request, ...others] = ledger.askedOf(piece);
    if (!request || others.length > 0) return undefined;
    const asked = hosts.at(request.host);
    const best = this.quickest(piece, batches, now);
    if (!best || best === asked) return undefined;
    const waitMs = this.parts.estimate.owedMs(asked, this.bytesUpTo(asked, piece), now);
    const ms = this.deliveryMs(best, piece, batches, now);
    return waitMs > limits.endgameFactor * ms && waitMs - ms >= limits.endgameMinGainMs ? best : undefined;
  }

  private deliveryMs(host: Host, piece: number, batches: ReadonlyMap<Host, readonly number[]>, now: number): number {
    const { estimate, book } = this.parts;
    return estimate.deliveryMs(host, book.bytesOf(piece) * (1 + (batches.get(host)?.length ?? 0)), now);
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
