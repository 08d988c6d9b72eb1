import { type IndexRange, pieceCount } from '@pageswarm/primitives';

/** Who a byte belongs to: a page by its index from 0, {@link STRUCTURE} or {@link REST}. */
export type Owner = number;
/** Header, cross-reference data, catalog, page tree and what half of the pages or more share. */
export const STRUCTURE = -1;
/** Needed for the file, not to show a page: outlines, old revisions, gaps. */
export const REST = -2;
/** So many bytes in a row with one owner. */
export type OwnerRun = readonly [length: number, owner: Owner];

/** Bytes [start, end) that belong to `owner`; spans may overlap. */
export interface OwnedSpan {
  readonly start: number;
  readonly end: number;
  readonly owner: Owner;
}

/** Gaps up to this many bytes (line ends between objects, mostly) go with what stands before them. */
export const MAX_JOINED_GAP_BYTES = 64;

/**
 * Cuts the file into runs with one owner each. Where spans overlap, structure wins, then the lowest page.
 * @returns runs in file order that cover every byte from 0 to `size` once
 */
export function runsOfSpans(spans: readonly OwnedSpan[], size: number): OwnerRun[] {
  const sorted = spans.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start || a.owner - b.owner);
  const runs: [number, Owner][] = [];
  const open = new SpanHeap();
  let at = 0;
  let next = 0;
  const emit = (end: number, owner: Owner): void => {
    const last = runs.at(-1);
    if (last?.[1] === owner) last[0] += end - at;
    else runs.push([end - at, owner]);
    at = end;
  };
  const emitGap = (end: number): void => {
    const last = runs.at(-1);
    if (last && end - at <= MAX_JOINED_GAP_BYTES) emit(end, last[1]);
    else if (end > at) emit(end, REST);
  };
  while (at < size) {
    while (next < sorted.length && (sorted[next] as OwnedSpan).start <= at) open.push(sorted[next++] as OwnedSpan);
    const top = open.firstThatEndsAfter(at);
    const nextStart = Math.min(size, sorted[next]?.start ?? size);
    if (top) emit(Math.min(top.end, nextStart, size), top.owner);
    else emitGap(nextStart);
  }
  return runs;
}

/** Open spans by the strength of their owner: the lowest first. */
class SpanHeap {
  private readonly items: OwnedSpan[] = [];

  push(span: OwnedSpan): void {
    const { items } = this;
    let at = items.push(span) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((items[parent] as OwnedSpan).owner <= span.owner) break;
      items[at] = items[parent] as OwnedSpan;
      at = parent;
    }
    items[at] = span;
  }

  firstThatEndsAfter(position: number): OwnedSpan | undefined {
    while (this.items.length > 0 && (this.items[0] as OwnedSpan).end <= position) this.pop();
    return this.items[0];
  }

  private pop(): void {
    const { items } = this;
    const last = items.pop() as OwnedSpan;
    if (items.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) break;
      const right = left + 1;
      const child = right < items.length && (items[right] as OwnedSpan).owner < (items[left] as OwnedSpan).owner ? right : left;
      if ((items[child] as OwnedSpan).owner >= last.owner) break;
      items[at] = items[child] as OwnedSpan;
      at = child;
    }
    items[at] = last;
  }
}

/** The pieces that bytes of the structure touch. */
export function structurePieces(runs: readonly OwnerRun[], pieceLength: number): IndexRange[] {
  const ranges: [number, number][] = [];
  let at = 0;
  for (const [length, owner] of runs) {
    const first = Math.floor(at / pieceLength);
    const last = Math.floor((at + length - 1) / pieceLength);
    at += length;
    if (owner !== STRUCTURE) continue;
    const range = ranges.at(-1);
    if (range && first <= range[0] + range[1]) range[1] = last - range[0] + 1;
    else ranges.push([first, last - first + 1]);
  }
  return ranges;
}

/**
 * One owner for each piece, from the owners of its bytes: structure before pages before rest, the lowest page first.
 */
export function pieceOwners({ runs, size, pieceLength }: { runs: readonly OwnerRun[]; size: number; pieceLength: number }): Int32Array {
  const owners = new Int32Array(pieceCount(size, pieceLength)).fill(REST);
  let at = 0;
  for (const [length, owner] of runs) {
    const last = Math.floor((at + length - 1) / pieceLength);
    for (let piece = Math.floor(at / pieceLength); piece <= last; piece++) {
      const current = owners[piece] as number;
      if (owner !== REST && (current === REST || owner < current)) owners[piece] = owner;
    }
    at += length;
  }
  return owners;
}
