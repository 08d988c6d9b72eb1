import { setTimeout as delay } from 'node:timers/promises';

/** Time between two looks at something that is waited for, in milliseconds. */
const LOOK_INTERVAL_MS = 50;

/**
 * Looks until `holds` says yes; a look that throws counts as no.
 * @throws Error that names `what` and the last failure after `limitMs`
 */
export async function waitFor(what: string, limitMs: number, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  let failure: unknown;
  while (performance.now() < deadline) {
    try {
      if (await holds()) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(LOOK_INTERVAL_MS);
  }
  throw new Error(`Waited ${limitMs / 1_000} s for ${what} in vain`, { cause: failure });
}
