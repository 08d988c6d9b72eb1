import type { Clock } from '@pageswarm/primitives';

/** The machine's time. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
