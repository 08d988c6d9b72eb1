/**
 * The shares of n hosts in rank order, fastest first; they add up to 1.
 * Each host starts at 1/n; from the slowest up, each keeps half of what it holds and passes the other half to the next faster one.
 * 1: [1] · 2: [.75, .25] · 3: [.58333, .25, .16667].
 */
export function cascadeShares(hostCount: number): number[] {
  const shares = new Array<number>(hostCount).fill(1 / hostCount);
  for (let rank = hostCount - 1; rank > 0; rank--) {
    const half = (shares[rank] as number) / 2;
    shares[rank] = half;
    shares[rank - 1] = (shares[rank - 1] as number) + half;
  }
  return shares;
}
