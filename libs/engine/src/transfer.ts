import { type Bitfield, type IndexRange, indexesOf, SeededRandom } from '@pageswarm/primitives';
import { DemandHold } from './demand-hold.ts';
import { DemandList } from './demand-list.ts';
import { DemandService } from './demand-service.ts';
import type { CommandQueue, DownloadEvent } from './download-events.ts';
import type { DownloadSpec } from './download-spec.ts';
import { FinishEstimate } from './finish-estimate.ts';
import type { Host, HostPhase } from './host.ts';
import { HostQueues } from './host-queues.ts';
import { rankHosts } from './host-ranking.ts';
import { HostTable } from './host-table.ts';
import type { EngineLimits } from './limits.ts';
import { PageReadiness } from './page-readiness.ts';
import { PieceBook } from './piece-book.ts';
import { PieceOrder } from './piece-order.ts';
import { PiecePicker } from './piece-picker.ts';
import { RateMeter } from './rate-meter.ts';
import { RequestFilling } from './request-filling.ts';
import { RequestLedger } from './request-ledger.ts';
import { StallWatch } from './stall-watch.ts';
import { createStrategy } from './strategies/create-strategy.ts';
import type { Strategy } from './strategies/strategy.ts';

type EventOf<Type extends DownloadEvent['type']> = Extract<DownloadEvent, { type: Type }>;

/** Refusals with these codes say "not now", not "I do not have it". */
const BUSY_CODES: ReadonlySet<string> = new Set(['LIMIT_EXCEEDED', 'GOING_AWAY', 'DEADLINE_EXCEEDED']);

/** Hosts and pieces of one download: who comes, who goes, what came and what has to be asked again. */
export class Transfer {
  readonly book: PieceBook;
  readonly order: PieceOrder;
  readonly readiness: PageReadiness;
  readonly hosts: HostTable;
  readonly ledger: RequestLedger;
  readonly meter = new RateMeter();
  /** Document bytes that came, also wrong ones and those that came twice. */
  bytesReceived = 0;
  /** When the last piece came that was missing. */
  progressAt = 0;
  readonly picker: PiecePicker;
  private readonly queues: HostQueues;
  private readonly estimate: FinishEstimate;
  private readonly strategy: Strategy;
  private readonly demands: DemandList;
  private readonly hold: DemandHold;
  private readonly demandService: DemandService;
  private readonly filling: RequestFilling;
  private readonly stalls: StallWatch;
  private readonly owners: Int32Array;

  constructor(
    spec: DownloadSpec,
    have: Bitfield,
    private readonly limits: EngineLimits,
    private readonly commands: CommandQueue,
  ) {
    const random = new SeededRandom(spec.seed ?? seedOf(spec.ownPeerId ?? ''));
    this.owners = spec.pieceOwners;
    this.book = new PieceBook(spec.size, spec.pieceLength, have, spec.wantedPieces);
    this.order = new PieceOrder(spec);
    this.readiness = new PageReadiness(spec, this.order, this.book.stored);
    this.hosts = new HostTable(limits);
    this.ledger = new RequestLedger(this.book);
    this.picker = new PiecePicker(this.book, random);
    this.queues = new HostQueues(this.book);
    this.estimate = new FinishEstimate(this.book, this.ledger, this.queues, limits);
    const { book, order, readiness, hosts, ledger, picker, queues, estimate } = this;
    const { pageCount, ownPeerId } = spec;
    this.strategy = createStrategy(spec.strategy, {
      ...{ book, order, readiness, hosts, picker, queues, estimate, limits, random },
      ...{ pageCount, ownPeerId },
    });
    this.demands = new DemandList(book);
    this.hold = new DemandHold(this.demands, limits);
    const { demands, hold, strategy } = this;
    const parts = { book, hosts, ledger, picker, queues, estimate, limits, commands, demands, hold, strategy };
    this.filling = new RequestFilling(parts);
    this.demandService = new DemandService({ ...parts, filling: this.filling });
    this.stalls = new StallWatch({ book, hosts, ledger, limits });
  }

  // Hosts

  /** Begins to ask, with the hosts that are alive now. */
  open(now: number): void {
    this.meter.begin(now);
    const ranked = rankHosts(this.hosts.live().map((host) => ({ host, peerId: host.peerId, latencyMs: host.latencyMs ?? 0 })));
    for (const { host } of ranked) this.picker.addHolder(host.index, host.offer);
    this.strategy.opened(ranked.map(({ host }) => host));
    this.demandService.raise(now);
    this.fillAll(now);
  }

  /** A host came alive while others are being asked. */
  join(host: Host, now: number): void {
    this.picker.addHolder(host.index, host.offer);
    this.strategy.joined(host);
    this.fillAll(now);
  }

  /** What a live host has was told anew. */
  offerChanged(host: Host, now: number): void {
    if (host.phase !== 'live') return;
    if (host.offer === 'all') this.picker.addHolder(host.index, 'all');
    else for (const piece of host.offer) this.picker.addPiece(host.index, piece);
    this.strategy.holdingsChanged(host);
    this.filling.fill(host, now);
  }

  gained(host: Host, ranges: readonly IndexRange[], now: number): void {
    for (const piece of indexesOf(ranges)) {
      if (!this.book.isPiece(piece)) return;
      if (host.offer !== 'all') host.offer.set(piece);
    }
    if (host.offer !== 'all' && host.offer.isFull) host.offer = 'all';
    if (host.phase !== 'live') return;
    for (const piece of indexesOf(ranges)) this.picker.addPiece(host.index, piece);
    this.strategy.holdingsChanged(host);
    for (const other of this.filling.withdrawSpread(ranges, now)) this.filling.fill(other, now);
    this.filling.fill(host, now);
  }

  /** A host is not asked any more; what it owes goes to others. */
  leave(host: Host, phase: HostPhase, detail: string, now: number): void {
    const pieces = [...this.takeBack(host, detail, now), ...this.queues.clear(host.index)];
    host.phase = phase;
    host.detail = detail;
    host.drops++;
    host.strikes = 0;
    host.restUntil = now + Math.min(this.limits.hostRestMs * 2 ** (host.drops - 1), this.limits.maxHostRestMs);
    this.picker.removeHolder(host.index);
    this.strategy.left();
    this.strategy.released(pieces, host, now);
    this.fillAll(now);
  }

  /** Takes everything back; hosts keep their numbers and can be probed again. */
  halt(reason: string, now: number): void {
    for (const host of this.hosts.all()) {
      this.takeBack(host, reason, now);
      if (host.phase !== 'live' && host.phase !== 'probing') continue;
      this.picker.removeHolder(host.index);
      host.phase = 'parked';
    }
    // Who comes back first would be asked by a plan that was made for other hosts.
    this.queues.clearAll();
    this.hold.lift(now);
    this.meter.end(now);
  }

  // Pieces

  begun({ requestId, peerId }: Pick<EventOf<'request-begun'>, 'requestId' | 'peerId'>): void {
    const request = this.ledger.get(requestId);
    if (request && this.hosts.at(request.host).peerId === peerId) request.begun = true;
  }

  arrived({ requestId, peerId, piece, verified, bytes }: EventOf<'piece-arrived'>, now: number): void {
    this.begun({ requestId, peerId });
    const host = this.hosts.get(peerId);
    this.bytesReceived += bytes;
    this.meter.add(now, bytes);
    if (host) {
      host.bytes += bytes;
      host.meter.add(now, bytes);
    }
    if (!this.book.isPiece(piece)) return;
    if (!verified) {
      if (host && host.phase !== 'banned') this.ban(host, piece, now);
      return;
    }
    if (host) this.stalls.heard(host, now);
    if (this.picker.arrive(piece)) {
      this.progressAt = now;
      if (host) {
        host.pieces++;
        const owner = this.owners[piece] as number;
        if (owner >= 0) host.pagesSent.add(owner);
      }
    }
    this.queues.forget(piece);
    for (const request of this.ledger.settle(piece)) {
      const loser = this.hosts.at(request.host);
      if (request.id === requestId || request.pending > 0) continue;
      this.cancel(loser, request.id, 'all of it came from others');
      this.filling.fill(loser, now);
    }
    // While a page is on its way, each piece of it tells something about who is slow with the rest.
    if (this.hold.isOn(now)) this.fillAll(now);
    else if (host) this.filling.fill(host, now);
  }

  /** @returns true if the piece was not stored before */
  stored(piece: number, now: number): boolean {
    if (!this.book.isPiece(piece)) return false;
    const wasFull = this.book.unstoredBytes >= this.limits.maxUnstoredBytes;
    if (!this.picker.store(piece)) return false;
    // A piece may be stored without having been seen to arrive, when it was read from disk or came for another purpose.
    for (const request of this.ledger.settle(piece))
      if (request.pending === 0) this.cancel(this.hosts.at(request.host), request.id, 'all of it is here');
    this.queues.forget(piece);
    this.demands.satisfied(piece);
    this.readiness.pieceStored(piece);
    if (this.hold.lift(now) || (wasFull && this.book.unstoredBytes < this.limits.maxUnstoredBytes)) this.fillAll(now);
    return true;
  }

  /** The disk did not take a piece. */
  storeFailed(piece: number, now: number): void {
    if (this.book.isPiece(piece) && this.book.isArrived(piece) && this.picker.reopen(piece))
      this.strategy.released([piece], undefined, now);
  }

  requestEnded({ requestId, peerId, outcome, code, detail }: EventOf<'request-ended'>, now: number): void {
    const request = this.ledger.get(requestId);
    const host = this.hosts.get(peerId);
    if (!request || !host || request.host !== host.index) return;
    const refused = outcome === 'refused' && !BUSY_CODES.has(code ?? '');
    const pending = request.pieces.filter((piece) => this.ledger.isPending(request, piece));
    const back = this.ledger.withdraw(request).filter((piece) => this.picker.reopen(piece));
    if (refused) {
      for (const piece of pending) this.picker.removePiece(host.index, piece);
      this.strategy.holdingsChanged(host);
    }
    this.strategy.released(back, host, now);
    if (!refused) this.strike(host, detail ?? `a request ended without ${pending.length} of its pieces`, now);
    this.fillAll(now);
  }

  // Readers

  demand(ranges: readonly IndexRange[], now: number): void {
    const pieces = this.demands.add(ranges);
    const opened = pieces.filter((piece) => this.picker.want(piece));
    this.strategy.released(opened, undefined, now);
    this.demandService.raise(now);
    this.fillAll(now);
  }

  demandOver(ranges: readonly IndexRange[], now: number): void {
    this.demands.remove(ranges);
    if (this.hold.lift(now)) this.fillAll(now);
  }

  // Time

  tick(now: number): void {
    for (const host of this.hosts.all()) {
      const stall = this.stalls.check(host, now);
      if (stall === 'strike') {
        this.strategy.released(this.takeBack(host, 'stalled', now), host, now);
        this.strike(host, 'it sent nothing for too long', now);
      } else if (stall === 'drop') this.drop(host, 'it sent nothing for too long', now);
    }
    this.demandService.serve(now);
    this.hold.lift(now);
    this.filling.fillLively(now);
  }

  /** When something is due before the next tick would come; in the past if nothing is. */
  get dueAt(): number {
    return this.hold.endsAt;
  }

  /** True if no live host has anything that is missing and nothing is on its way. */
  isStarved(): boolean {
    if (this.ledger.totalBytes > 0 || this.book.openCount === 0) return false;
    return !this.hosts.all().some((host) => host.phase === 'live' && this.picker.openHeldBy(host.index) > 0);
  }

  private ban(host: Host, piece: number, now: number): void {
    const detail = `piece ${piece} had a wrong hash`;
    this.commands.push({ type: 'ban', peerId: host.peerId, piece, detail });
    this.leave(host, 'banned', detail, now);
  }

  private strike(host: Host, detail: string, now: number): void {
    // Requests that fail together, as when a connection breaks, are one failure.
    if (host.phase !== 'live' || now < host.restUntil) return;
    host.strikes++;
    if (host.strikes >= this.limits.maxStrikes) {
      this.drop(host, detail, now);
      return;
    }
    host.restUntil = now + this.limits.hostRestMs * 2 ** (host.strikes - 1);
    this.strategy.released(this.queues.clear(host.index), host, now);
  }

  private drop(host: Host, detail: string, now: number): void {
    this.commands.push({ type: 'drop-host', peerId: host.peerId, reason: detail });
    this.leave(host, 'lost', detail, now);
  }

  /** Cancels all requests to a host. @returns the pieces that are open again */
  private takeBack(host: Host, reason: string, now: number): number[] {
    const back: number[] = [];
    for (const request of [...this.ledger.of(host.index)]) {
      this.cancel(host, request.id, reason);
      for (const piece of this.ledger.withdraw(request)) if (this.picker.reopen(piece)) back.push(piece);
    }
    host.meter.end(now);
    return back;
  }

  private cancel(host: Host, requestId: number, reason: string): void {
    this.commands.push({ type: 'cancel-request', requestId, peerId: host.peerId, reason });
  }

  private fillAll(now: number): void {
    this.filling.fillAll(now);
  }
}

/** A seed from a text, FNV-1a. */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
