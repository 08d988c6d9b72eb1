import { type IndexRange, indexesOf } from '@pageswarm/primitives';
import type { DemandHold } from './demand-hold.ts';
import type { DemandList } from './demand-list.ts';
import { demandRelief } from './demand-relief.ts';
import type { CommandQueue } from './download-events.ts';
import { takeOver } from './endgame.ts';
import type { FinishEstimate } from './finish-estimate.ts';
import type { Host } from './host.ts';
import type { HostQueues } from './host-queues.ts';
import type { HostTable } from './host-table.ts';
import type { EngineLimits } from './limits.ts';
import type { PieceBook } from './piece-book.ts';
import type { PickBudget, PiecePicker } from './piece-picker.ts';
import type { PieceRequest, RequestLedger } from './request-ledger.ts';
import { RequestPacing } from './request-pacing.ts';
import type { Strategy } from './strategies/strategy.ts';

export interface FillingParts {
  readonly book: PieceBook;
  readonly hosts: HostTable;
  readonly ledger: RequestLedger;
  readonly picker: PiecePicker;
  readonly queues: HostQueues;
  readonly estimate: FinishEstimate;
  readonly limits: EngineLimits;
  readonly commands: CommandQueue;
  readonly demands: DemandList;
  readonly hold: DemandHold;
  readonly strategy: Strategy;
}

/** Keeps hosts busy: asks each for as much as its pace allows; demand first, then what the strategy says, in the end what others are slow with. */
export class RequestFilling {
  private readonly pacing: RequestPacing;

  constructor(private readonly parts: FillingParts) {
    this.pacing = new RequestPacing(parts.book, parts.ledger, parts.estimate, parts.limits);
  }

  fillAll(now: number): void {
    for (const host of this.parts.hosts.all()) this.fill(host, now);
  }

  /** Those that were heard last go first, for the others may be gone: what is late is asked of one that lives. */
  fillLively(now: number): void {
    for (const host of [...this.parts.hosts.all()].sort((a, b) => b.heardAt - a.heardAt)) this.fill(host, now);
  }

  fill(host: Host, now: number): void {
    const { ledger, strategy, hosts } = this.parts;
    if (host.phase === 'live' && now >= host.restUntil) {
      const sharers = strategy.sharesWork ? hosts.all() : undefined;
      for (let budget = this.pacing.budget(host, now, sharers); budget; budget = this.pacing.budget(host, now, sharers)) {
        const pieces = this.next(host, budget, now);
        if (pieces.length === 0) break;
        this.issue(host, pieces, now);
      }
    }
    if (ledger.bytesOf(host.index) === 0) host.meter.end(now);
  }

  /** Asks a host for pieces, whatever is in flight. */
  issue(host: Host, pieces: readonly number[], now: number): void {
    const { ledger, picker, queues, commands } = this.parts;
    if (ledger.bytesOf(host.index) === 0) {
      host.meter.begin(now);
      host.aliveAt = now;
    }
    for (const piece of pieces) {
      queues.forget(piece);
      picker.request(piece);
    }
    const request = ledger.issue(host.index, pieces);
    commands.push({ type: 'request', requestId: request.id, peerId: host.peerId, pieces });
  }

  /**
   * Partial hosts got pieces that complete ones were asked for and have not begun to send: those are free for what nobody else has.
   * Where many wait for few complete hosts, most of what they were asked for would have come from others long before.
   * @returns the complete hosts that were relieved
   */
  withdrawSpread(ranges: readonly IndexRange[], now: number): Iterable<Host> {
    const { book, ledger, hosts, picker, strategy } = this.parts;
    const relieved = new Set<Host>();
    if (!strategy.sharesWork) return relieved;
    for (const piece of indexesOf(ranges)) {
      if (!picker.hasScarce) break;
      if (!book.isRequested(piece)) continue;
      const [request, ...again] = ledger.askedOf(piece);
      if (!request || again.length > 0 || request.begun) continue;
      const host = hosts.at(request.host);
      if (host.offer !== 'all' || !request.pieces.every((other) => picker.isSpread(other) || !ledger.isPending(request, other))) continue;
      strategy.released(this.withdraw(request, 'others have it by now'), host, now);
      relieved.add(host);
    }
    return relieved;
  }

  /** Takes a request back. @returns the pieces that are open again */
  withdraw(request: PieceRequest, reason: string): number[] {
    const { commands, hosts, ledger, picker } = this.parts;
    commands.push({ type: 'cancel-request', requestId: request.id, peerId: hosts.at(request.host).peerId, reason });
    return ledger.withdraw(request).filter((piece) => picker.reopen(piece));
  }

  private next(host: Host, budget: PickBudget, now: number): readonly number[] {
    const { strategy } = this.parts;
    const demanded = this.demanded(host, budget, now);
    if (demanded.length > 0) return demanded;
    if (this.parts.hold.isOn(now)) return this.relief(host, now);
    const chosen = strategy.next(host, budget, now);
    if (chosen.length > 0 || !strategy.sharesWork) return chosen;
    return this.takeOver(host, now);
  }

  /** A slow host does not take what a reader waits for, as long as another would bring it in half the time. */
  private demanded(host: Host, budget: PickBudget, now: number): number[] {
    const { demands, picker, hosts, estimate, limits } = this.parts;
    if (demands.size === 0) return [];
    const own = estimate.deliveryMs(host, 0, now);
    for (const other of hosts.all())
      if (
        other.phase === 'live' &&
        other.strikes === 0 &&
        own > limits.endgameFactor * estimate.deliveryMs(other, 0, now) + limits.endgameMinGainMs
      )
        return [];
    return demands.pick((piece) => picker.holds(host.index, piece), budget);
  }

  /** While readers wait, a host that has nothing to do for them helps the one that would keep them waiting longest. */
  private relief(helper: Host, now: number): readonly number[] {
    const { hosts, ledger } = this.parts;
    const request = ledger.bytesOf(helper.index) === 0 ? demandRelief(helper, { ...this.parts, hosts: hosts.all() }, now) : undefined;
    return request ? this.withdraw(request, 'a reader gets it sooner from another host') : [];
  }

  private takeOver(helper: Host, now: number): readonly number[] {
    const { hosts, ledger, estimate, limits, picker, book } = this.parts;
    const found = takeOver(
      helper,
      {
        ...{ ledger, estimate, limits, hosts: hosts.all() },
        nothingOpen: book.openCount === 0,
        nothingForHelper: picker.openHeldBy(helper.index) === 0,
        holds: (piece) => picker.holds(helper.index, piece),
        bytesOf: (piece) => book.bytesOf(piece),
      },
      now,
    );
    if (!found) return [];
    for (const request of found.revoked) {
      const open = this.withdraw(request, 'a faster host takes it over');
      const taken = new Set(found.pieces);
      this.parts.strategy.released(
        open.filter((piece) => !taken.has(piece)),
        undefined,
        now,
      );
    }
    return found.pieces;
  }
}
