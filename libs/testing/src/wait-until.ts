import { setTimeout as delay } from 'node:timers/promises';

/** Time between two looks at something that is waited for, in milliseconds. */
const LOOK_INTERVAL_MS = 25;

/**
 * Looks until there is something to see; a look that throws, or sees nothing, is repeated.
 * @throws Error that names `what` and the last failure after `limitMs`
 */
export async function waitUntil<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T | false | undefined> | T | false | undefined,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    let failure: unknown;
    try {
      const seen = await look();
      if (seen !== false && seen !== undefined) return seen;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw new Error(`Waited ${limitMs / 1_000} s for ${what} in vain`, { cause: failure });
    await delay(LOOK_INTERVAL_MS);
  }
}
