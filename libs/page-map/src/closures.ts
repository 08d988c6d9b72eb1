import type { IndexRange } from '@pageswarm/primitives';
import type { ObjectGraph } from './object-graph.ts';
import { NO_UNIT } from './object-graph.ts';
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
    const { references, barriers, units } = graph;
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
      if (references[slot] === undefined) await graph.load(slot);
      if (barriers[slot] === 1) continue;
      this.reached.push(slot);
      const unit = units[slot] as number;
      if (unit !== NO_UNIT && seenUnits[unit] !== round) {
        seenUnits[unit] = round;
        found.push(unit);
      }
      const next = references[slot] as Int32Array;
      meter.spendVisits(next.length + 1);
      for (let index = 0; index < next.length; index++) {
        const target = next[index] as number;
        if (seen[target] === round) continue;
        seen[target] = round;
        stack.push(target);
      }
    }
    return found;
  }

  /** The units of one page: its dictionary, all it refers to and what it inherits. */
  async walkPage(page: PageEntry, slot: number | undefined): Promise<number[]> {
    const { graph } = this;
    const inherited = await graph.slotsOf(inheritedReferences(page));
    if (slot === undefined) {
      // A page written inside its node has no object of its own: only what it refers to is its.
      const numbers: number[] = [];
      collectReferences(page.node.dictionary, numbers, false, 'page');
      return this.walk([...(await graph.slotsOf(numbers)), ...inherited]);
    }
    const own = graph.references[slot] ?? new Int32Array(0);
    const found = await this.walk([...own, ...inherited]);
    const unit = graph.units[slot] as number;
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

/** The pieces that these units touch, as the fewest runs. */
export function piecesOfUnits(graph: ObjectGraph, units: readonly number[], pieceLength: number): IndexRange[] {
  const intervals: [first: number, last: number][] = [];
  let previous = -1;
  for (const unit of units) {
    const first = Math.floor((graph.starts[unit] as number) / pieceLength);
    const last = Math.floor(((graph.ends[unit] as number) - 1) / pieceLength);
    if (last < first || (first === last && first === previous)) continue;
    previous = first === last ? first : -1;
    intervals.push([first, last]);
  }
  intervals.sort((a, b) => a[0] - b[0]);
  const ranges: [number, number][] = [];
  for (const [first, last] of intervals) {
    const range = ranges.at(-1);
    if (range && first <= range[0] + range[1]) range[1] = Math.max(range[1], last - range[0] + 1);
    else ranges.push([first, last - first + 1]);
  }
  return ranges;
}
