import type { StrategyName } from '../strategy-names.ts';
import { AdaptiveStrategy } from './adaptive.strategy.ts';
import { CascadeStrategy } from './cascade.strategy.ts';
import { RarestFirstStrategy } from './rarest-first.strategy.ts';
import { SequentialStrategy } from './sequential.strategy.ts';
import type { Strategy, StrategyView } from './strategy.ts';

const STRATEGIES: Record<StrategyName, new (view: StrategyView) => Strategy> = {
  adaptive: AdaptiveStrategy,
  cascade: CascadeStrategy,
  'rarest-first': RarestFirstStrategy,
  sequential: SequentialStrategy,
};

export function createStrategy(name: StrategyName, view: StrategyView): Strategy {
  return new STRATEGIES[name](view);
}
