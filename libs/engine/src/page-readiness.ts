import { Bitfield, type IndexRange, toIndexRanges } from '@pageswarm/primitives';
import type { DownloadSpec } from './download-spec.ts';
import type { PieceOrder } from './piece-order.ts';

/**
 * Which pages can be shown: those whose closure is stored, once the structure is.
 * Each page watches one missing piece of its closure and moves on when that is stored, so a piece costs only the pages that watch it.
 */
export class PageReadiness {
  /** Pages of this download: all, or those whose pieces are all wanted. */
  readonly total: number;
  private structureMissing = 0;
  private readonly structure: Bitfield;
  private readonly closures: readonly (readonly IndexRange[])[];
  private readonly complete: Bitfield;
  private readonly counted: Bitfield;
  private readonly watchers = new Map<number, number[]>();
  /** How far each page has come in its closure: everything before is stored. */
  private readonly rangeAt: Int32Array;
  private readonly offsetAt: Int32Array;

  constructor(
    spec: DownloadSpec,
    order: PieceOrder,
    private readonly stored: Bitfield,
  ) {
    const { pageCount, pieceOwners, wantedPieces } = spec;
    this.structure = spec.structure
      ? Bitfield.fromRanges(spec.structure, pieceOwners.length)
      : Bitfield.fromRanges(toIndexRanges(order.structure()), pieceOwners.length);
    this.closures = spec.closures ?? ownClosures(order, pageCount);
    for (const piece of this.structure) if (!stored.has(piece)) this.structureMissing++;
    this.complete = new Bitfield(pageCount);
    this.rangeAt = new Int32Array(pageCount);
    this.offsetAt = new Int32Array(pageCount);
    this.counted = new Bitfield(pageCount);
    const wanted = (ranges: readonly IndexRange[]) =>
      !wantedPieces || ranges.every(([first, count]) => wantedPieces.hasRange(first, count));
    for (let page = 0; page < pageCount; page++) {
      if (!wanted(this.closures[page] ?? [])) continue;
      this.counted.set(page);
      this.watch(page);
    }
    this.total = this.counted.count;
  }

  get ready(): number {
    return this.structureMissing === 0 ? this.complete.count : 0;
  }

  /** Pages (from 0) that can be shown. */
  readyPages(): Iterable<number> {
    return this.structureMissing === 0 ? this.complete : [];
  }

  isReady(page: number): boolean {
    return this.structureMissing === 0 && this.complete.has(page);
  }

  /** Pages (from 0) of this download that cannot be shown yet. */
  *missingPages(): Generator<number> {
    for (const page of this.counted) if (!this.isReady(page)) yield page;
  }

  /** A piece was stored for the first time; `stored` has it already. */
  pieceStored(piece: number): void {
    if (this.structure.has(piece)) this.structureMissing--;
    const pages = this.watchers.get(piece);
    if (!pages) return;
    this.watchers.delete(piece);
    for (const page of pages) this.watch(page);
  }

  private watch(page: number): void {
    const ranges = this.closures[page] ?? [];
    let rangeAt = this.rangeAt[page] as number;
    let offset = this.offsetAt[page] as number;
    for (; rangeAt < ranges.length; rangeAt++, offset = 0) {
      const [first, count] = ranges[rangeAt] as IndexRange;
      while (offset < count && (this.stored.has(first + offset) || first + offset >= this.stored.size)) offset++;
      if (offset === count) continue;
      this.rangeAt[page] = rangeAt;
      this.offsetAt[page] = offset;
      const watchers = this.watchers.get(first + offset);
      if (watchers) watchers.push(page);
      else this.watchers.set(first + offset, [page]);
      return;
    }
    this.complete.set(page);
  }
}

/** Without a page map's closures a page needs what it owns; one that owns nothing lies within the last piece of the page before. */
function ownClosures(order: PieceOrder, pageCount: number): IndexRange[][] {
  let before: IndexRange[] = [];
  return Array.from({ length: pageCount }, (_, page) => {
    const own = order.ofPage(page);
    if (own.length === 0) return before;
    before = [[own[own.length - 1] as number, 1]];
    return toIndexRanges(own);
  });
}
