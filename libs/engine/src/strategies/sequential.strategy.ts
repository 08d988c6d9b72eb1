import type { Host } from '../host.ts';
import type { PickBudget } from '../piece-picker.ts';
import type { Strategy, StrategyView } from './strategy.ts';

/** Structure, pages in order, rest: whoever has room takes what comes next. */
export class SequentialStrategy implements Strategy {
  readonly sharesWork = true;
  /** No open piece comes before this place of the order. */
  private from = 0;

  constructor(private readonly view: StrategyView) {}

  opened(): void {
    this.from = 0;
  }

  joined(): void {}

  left(): void {}

  holdingsChanged(): void {}

  released(pieces: readonly number[]): void {
    for (const piece of pieces) this.from = Math.min(this.from, this.view.order.placeOf[piece] as number);
  }

  postponed(pieces: readonly number[]): void {
    this.released(pieces);
  }

  next(host: Host, budget: PickBudget): readonly number[] {
    const { order, book, picker } = this.view;
    while (this.from < order.pieces.length && !book.isOpen(order.pieces[this.from] as number)) this.from++;
    return picker.pickInOrder(host.index, order.pieces, this.from, budget);
  }
}
