import type { Host } from '../host.ts';
import type { PickBudget } from '../piece-picker.ts';
import { PlannedWork } from './planned-work.ts';
import type { Strategy, StrategyView } from './strategy.ts';

/** The bare rule, to compare with: the opening plan by latency, planned again over the others only when a host fails. */
export class CascadeStrategy implements Strategy {
  readonly sharesWork = false;
  private readonly plan: PlannedWork;

  constructor(private readonly view: StrategyView) {
    this.plan = new PlannedWork(view);
  }

  opened(hosts: readonly Host[]): void {
    this.plan.open(hosts);
  }

  joined(host: Host): void {
    this.plan.adopt(host);
  }

  left(): void {}

  holdingsChanged(host: Host): void {
    this.plan.adopt(host);
  }

  released(pieces: readonly number[], host: Host | undefined): void {
    this.plan.replan(pieces, host);
  }

  postponed(pieces: readonly number[], host: Host): void {
    this.plan.putBack(pieces, host);
  }

  next(host: Host, budget: PickBudget): readonly number[] {
    return this.view.queues.take(host.index, budget);
  }
}
