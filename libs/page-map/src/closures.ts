import type { IndexRange } from '@pageswarm/primitives';
import { FOUND_BARRIER, KNOWN_BARRIER, NO_UNIT, type ObjectGraph } from './object-graph.ts';
import { INHERITABLE_KEYS, inheritedValue, type PageEntry } from './page-tree.ts';
import { collectReferences } from './references.ts';

/** Walks from pages along references and finds the units (spans of the file) that each needs. */
export class ClosureWalker {
  private readonly seen: Int32Array;
  private readonly seenUnits: Int32Array;
  private round = 0;
  /** Slots of all objects that the last closure reached, in no order. */
  reached: number[] = [];

  constructor(private readonly graph: ObjectGraph) {
    this.seen = new Int32Array(graph.units.length);
    this.seenUnits = new Int32Array(graph.units.length);
  }

  /**
   * The units that `roots` and everything they refer to lie in; objects of the document as a whole are not entered.
   * @param start begins a new closure; otherwise the walk adds to the last one
   */
  async walk(roots: Iterable<number>, start = true): Promise<number[]> {
    if (start) {
      this.round++;
      this.reached = [];
    }
    const { graph, seen, seenUnits, round } = this;
    const { barriers, units, edgeStarts, edgeEnds } = graph;
    const { meter } = graph.document;
    const found: number[] = [];
    const stack: number[] = [];
    for (const slot of roots) {
      if (seen[slot] === round) continue;
      seen[slot] = round;
      stack.push(slot);
    }
    while (stack.length > 0) {
      const slot = stack.pop() as number;
      if (barriers[slot] === KNOWN_BARRIER) continue;
      if (!graph.isLoaded(slot)) await graph.load(slot);
      const unit = units[slot] as number;
      if (unit !== NO_UNIT && seenUnits[unit] !== round) {
        seenUnits[unit] = round;
        found.push(unit);
      }
      if (barriers[slot] === FOUND_BARRIER) continue;
      this.reached.push(slot);
      const from = edgeStarts[slot] as number;
      const to = edgeEnds[slot] as number;
      meter.spendVisits(to - from + 1);
      const { edges } = graph;
      for (let at = from; at < to; at++) {
        const target = edges[at] as number;
        if (seen[target] === round) continue;
        seen[target] = round;
        stack.push(target);
      }
    }
    return found;
  }

  /**
   * The units of one page: its dictionary, all it refers to and what it inherits.
   * @param slot of its object; undefined for a page that is written inside its node
   */
  async walkPage(page: PageEntry, slot: number | undefined): Promise<number[]> {
    const { graph } = this;
    const numbers = inheritedReferences(page);
    // Read as the page that it is, even if its dictionary does not say so.
    collectReferences(page.node.dictionary, numbers, false, 'page');
    const found = await this.walk(graph.slotsOf(numbers));
    if (slot === undefined) return found;
    await graph.load(slot);
    const unit = graph.units[slot] as number;
    // What reading its object stream takes, it needs as well.
    if (unit !== NO_UNIT && unit !== slot) found.push(...(await this.walk(graph.referencesOf(unit), false)));
    if (unit !== NO_UNIT && this.seenUnits[unit] !== this.round) found.push(unit);
    return found;
  }
}

function inheritedReferences(page: PageEntry): number[] {
  const numbers: number[] = [];
  const { dictionary, parent } = page.node;
  for (const key of INHERITABLE_KEYS)
    if (parent && (dictionary.get(key) ?? null) === null) collectReferences(inheritedValue(parent, key) ?? null, numbers);
  return numbers;
}

/** Finds the pieces that units touch; keeps its working memory from page to page. */
export class PieceCollector {
  private readonly seen: Int32Array;
  private readonly pieces: Int32Array;
  /** By unit: its first piece + 1 and its last, 0 before it is asked for: most units are asked for by many pages. */
  private readonly firsts: Int32Array;
  private readonly lasts: Int32Array;
  private round = 0;

  constructor(
    private readonly graph: ObjectGraph,
    pieces: number,
    private readonly pieceLength: number,
  ) {
    this.seen = new Int32Array(pieces);
    this.pieces = new Int32Array(pieces);
    this.firsts = new Int32Array(graph.units.length);
    this.lasts = new Int32Array(graph.units.length);
  }

  /** The pieces that these units touch, as the fewest runs. */
  piecesOf(units: readonly number[]): IndexRange[] {
    const { firsts, lasts, seen, pieces } = this;
    const round = ++this.round;
    let count = 0;
    for (let index = 0; index < units.length; index++) {
      const unit = units[index] as number;
      if (firsts[unit] === 0) this.measure(unit);
      const last = lasts[unit] as number;
      for (let piece = (firsts[unit] as number) - 1; piece <= last; piece++) {
        if (seen[piece] === round) continue;
        seen[piece] = round;
        pieces[count++] = piece;
      }
    }
    const ranges: [number, number][] = [];
    let open: [number, number] | undefined;
    for (const piece of pieces.subarray(0, count).sort()) {
      if (open && open[0] + open[1] === piece) open[1]++;
      else {
        open = [piece, 1];
        ranges.push(open);
      }
    }
    return ranges;
  }

  private measure(unit: number): void {
    const { graph, pieceLength } = this;
    this.firsts[unit] = Math.floor((graph.starts[unit] as number) / pieceLength) + 1;
    this.lasts[unit] = Math.floor(((graph.ends[unit] as number) - 1) / pieceLength);
  }
}
