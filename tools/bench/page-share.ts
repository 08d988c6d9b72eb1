import type { PageMap } from '@pageswarm/page-map';
import { Bitfield, indexesOf, pieceCount, pieceSize } from '@pageswarm/primitives';

/** The most pages of a document that are looked at, evenly spread. */
const SAMPLED_PAGES = 100;

/** Of the bytes of a document, how many in a hundred are fetched to show a page, structure included: the mean over its pages. */
export function pageShare(map: PageMap): number {
  const { size, pieceLength, pageCount } = map;
  const step = Math.max(1, pageCount / SAMPLED_PAGES);
  const shares: number[] = [];
  for (let page = 0; page < pageCount; page += step) {
    const pieces = Bitfield.fromRanges([...map.structure, ...(map.closures[Math.floor(page)] ?? [])], pieceCount(size, pieceLength));
    let bytes = 0;
    for (const piece of indexesOf(pieces.toRanges())) bytes += pieceSize(piece, size, pieceLength);
    shares.push((100 * bytes) / size);
  }
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
