import type { Host } from '../host.ts';
import { type PickBudget, piecesInRun } from '../piece-picker.ts';
import { crowdOrder } from './crowd-order.ts';
import type { Strategy, StrategyView } from './strategy.ts';

/** What the fewest partial holders have goes first, from whoever has room. */
export class RarestFirstStrategy implements Strategy {
  readonly sharesWork = true;

  constructor(private readonly view: StrategyView) {}

  opened(): void {
    const { picker, book, random, hosts, ownPeerId } = this.view;
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

  joined(): void {}

  left(): void {}

  holdingsChanged(): void {}

  released(): void {}

  postponed(): void {}

  next(host: Host, budget: PickBudget): readonly number[] {
    return this.view.picker.pickRarest(host.index, budget);
  }
}
