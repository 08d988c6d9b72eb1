import type { Host } from '../host.ts';
import { type PickBudget, piecesInRun } from '../piece-picker.ts';
import { leastInFlight } from '../request-pacing.ts';
import { bytesToMove, lastToFinish } from '../stealing.ts';
import { crowdOrder } from './crowd-order.ts';
import { openingPlan } from './opening-plan.ts';
import { PlannedWork } from './planned-work.ts';
import type { Strategy, StrategyView } from './strategy.ts';

/** A helper that is this many times as fast as the host that it helps takes the front of its work. */
const MUCH_FASTER = 2;

/**
 * Opens with the cascade, then follows measured rates: a host that runs dry takes work from the tail of the one that would finish last.
 * As long as hosts take part that have only a part themselves (a crowd that downloads together), the plan gives way to rarest-first,
 * so that the crowd asks complete hosts for what nobody else has and spreads the document instead of queueing at its source.
 */
export class AdaptiveStrategy implements Strategy {
  readonly sharesWork = true;
  private readonly plan: PlannedWork;
  private crowd = false;

  constructor(private readonly view: StrategyView) {
    this.plan = new PlannedWork(view);
  }

  opened(hosts: readonly Host[]): void {
    this.crowd = this.view.picker.hasPartialHolders;
    if (!this.crowd) {
      this.plan.open(hosts);
      return;
    }
    this.plan.close();
    openingPlan(hosts, this.view);
    this.spread();
  }

  joined(): void {
    this.reconsider();
  }

  left(): void {
    this.reconsider();
  }

  holdingsChanged(): void {
    if (this.crowd !== this.view.picker.hasPartialHolders) this.reconsider();
  }

  released(pieces: readonly number[], host: Host | undefined, now: number): void {
    if (!this.crowd) this.plan.replan(pieces, host, (other) => this.view.estimate.promise(other, now));
  }

  postponed(pieces: readonly number[], host: Host): void {
    if (!this.crowd) this.plan.putBack(pieces, host);
  }

  next(host: Host, budget: PickBudget, now: number): readonly number[] {
    if (this.crowd) return this.view.picker.pickRarest(host.index, budget);
    const own = this.view.queues.take(host.index, budget);
    if (own.length > 0 || !this.steal(host, budget, now)) return own;
    return this.view.queues.take(host.index, budget);
  }

  /**
   * Moves a part of the last host's queue to a host that ran dry: the front to one that is faster, for what is wanted first should come
   * first and the digests of the file follow its front; otherwise the end.
   * @returns true if there was something to move
   */
  private steal(helper: Host, budget: PickBudget, now: number): boolean {
    const { hosts, queues, estimate, picker, limits, book } = this.view;
    const victim = lastToFinish(helper, hosts.all(), queues, estimate, now);
    if (!victim) return false;
    const rate = estimate.measured(helper, now);
    const pace = (estimate.load(victim) * 1_000) / estimate.finishMs(victim, now);
    const move = bytesToMove(
      { load: estimate.load(victim), pace },
      { load: estimate.load(helper), pace: rate ?? estimate.promise(helper, now), latencyMs: helper.latencyMs ?? 0 },
    );
    if (move < Math.min(budget.bytes, book.pieceLength) / 2) return false;
    // A host that has shown nothing yet gets what is in flight to measure it, not half of the document.
    const bytes = rate === undefined ? Math.min(move, leastInFlight(limits, book.pieceLength)) : move;
    const holds = (piece: number) => picker.holds(helper.index, piece);
    const isFaster = rate !== undefined && rate > MUCH_FASTER * pace;
    const pieces = isFaster ? queues.takeHead(victim.index, bytes, holds) : queues.takeTail(victim.index, bytes, holds);
    queues.append(helper.index, pieces);
    return pieces.length > 0;
  }

  private reconsider(): void {
    const { picker, hosts, book } = this.view;
    const before = this.crowd;
    this.crowd = picker.hasPartialHolders;
    if (this.crowd) {
      if (!before) this.plan.close();
      this.spread();
    } else if (before) this.plan.replan(book.open(), undefined);
    else for (const host of hosts.all()) if (host.phase === 'live') this.plan.adopt(host);
  }

  private spread(): void {
    const { hosts, picker, book, random, ownPeerId } = this.view;
    const others = hosts.live().filter((host) => host.offer !== 'all');
    picker.orderScarce(
      crowdOrder(
        book.count,
        piecesInRun(book.pieceLength),
        others.map((host) => host.peerId),
        ownPeerId,
        random,
      ),
    );
  }
}
