import type { Clock } from '@pageswarm/primitives';

/** Token under which the clock of the process is injected. */
export const CLOCK = Symbol('Clock');

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
