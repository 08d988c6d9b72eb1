/** The ways to choose what to ask of whom; `adaptive` is the default. */
export const STRATEGY_NAMES = ['adaptive', 'cascade', 'rarest-first', 'sequential'] as const;

export type StrategyName = (typeof STRATEGY_NAMES)[number];
