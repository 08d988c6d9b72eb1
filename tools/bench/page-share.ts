import { generatePageView, type PageMap } from '@pageswarm/page-map';
import { Bitfield, type ByteSource, indexesOf, pieceCount, pieceSize, piecesOfBytes } from '@pageswarm/primitives';

/** The most pages of a document that are looked at, evenly spread. */
const SAMPLED_PAGES = 100;
/** How finely is told what a view reads, in bytes: far below a piece, so that only pieces count with bytes that the page needs. */
const EXACT_BLOCK_BYTES = 512;

/** Of the bytes of a document, how many in a hundred are fetched to show a page, structure included: the mean over its pages. */
export function pageShare(map: PageMap): number {
  return mean(sampledPages(map).map((page) => shareOf(map, piecesOf(map, [...map.structure, ...(map.closures[page] ?? [])]))));
}

/**
 * The same share if exactly the pieces were fetched that hold a byte which making the view reads: with pieces aligned to the file, nothing
 * less can show the page.
 */
export async function optimalPageShare(source: ByteSource, map: PageMap): Promise<number> {
  const shares: number[] = [];
  for (const page of sampledPages(map)) {
    const touched = new Bitfield(pieceCount(map.size, map.pieceLength));
    const read = (offset: number, length: number): Promise<Uint8Array> => {
      for (const piece of indexesOf([piecesOfBytes(offset, length, map.pieceLength)])) touched.set(piece);
      return source.read(offset, length);
    };
    await generatePageView({ size: source.size, read }, page, { map, blockBytes: EXACT_BLOCK_BYTES });
    shares.push(shareOf(map, touched));
  }
  return mean(shares);
}

/** Indexes of pages, evenly spread. */
function sampledPages({ pageCount }: PageMap): number[] {
  const count = Math.min(pageCount, SAMPLED_PAGES);
  return Array.from({ length: count }, (_, index) => Math.floor((index * pageCount) / count));
}

function piecesOf({ size, pieceLength }: PageMap, ranges: Parameters<typeof Bitfield.fromRanges>[0]): Bitfield {
  return Bitfield.fromRanges(ranges, pieceCount(size, pieceLength));
}

function shareOf({ size, pieceLength }: PageMap, pieces: Bitfield): number {
  let bytes = 0;
  for (const piece of pieces) bytes += pieceSize(piece, size, pieceLength);
  return (100 * bytes) / size;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
