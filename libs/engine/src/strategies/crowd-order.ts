import { type PeerId, type Random, randomInteger, shuffled } from '@pageswarm/primitives';

/**
 * The order in which one peer of a crowd asks complete hosts for pieces that nobody else has.
 * The peers that know each other take equal parts of the document by the order of their ids, without a word between them. Each begins
 * somewhere within its part, so that peers that do not know each other and take the same part seldom meet; what lies outside of the own part
 * follows in runs of neighbours in random order for the same reason.
 */
export function crowdOrder(
  pieceCount: number,
  runLength: number,
  others: readonly PeerId[],
  ownPeerId: PeerId | undefined,
  random: Random,
): Int32Array {
  const parts = others.length + 1;
  const part = ownPeerId === undefined ? randomInteger(random, 0, parts) : others.filter((other) => other < ownPeerId).length;
  const first = Math.floor((part * pieceCount) / parts);
  const end = Math.floor(((part + 1) * pieceCount) / parts);
  const turn = end > first ? randomInteger(random, 0, end - first) : 0;
  const own = Array.from({ length: end - first }, (_, i) => first + ((i + turn) % (end - first)));
  const rest = Array.from({ length: pieceCount - own.length }, (_, i) => (i < first ? i : i + own.length));
  const runs = Array.from({ length: Math.ceil(rest.length / runLength) }, (_, run) => rest.slice(run * runLength, (run + 1) * runLength));
  return Int32Array.from([...own, ...shuffled(random, runs).flat()]);
}
