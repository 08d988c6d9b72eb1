/** What one node adds to a swarm. Bytes per second. */
export interface Capacity {
  readonly up: number;
  readonly down: number;
}

/**
 * The shortest time in which everybody can have the document, if it were a fluid (Mundinger, Weber and Weiss 2008; Kumar and Ross 2006):
 * max{F/u_s, F/d_min, N F/(u_s + sum u_i)}. `seeds` have everything from the start.
 * @returns ms
 */
export function fluidBoundMs(size: number, seeds: readonly Capacity[], leechers: readonly Capacity[]): number {
  if (seeds.length === 0 || leechers.length === 0) return 0;
  const seedUp = sum(seeds.map(({ up }) => up));
  const slowestDown = Math.min(...leechers.map(({ down }) => down));
  const allUp = seedUp + sum(leechers.map(({ up }) => up));
  return Math.max(size / seedUp, size / slowestDown, (leechers.length * size) / allUp) * 1_000;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
