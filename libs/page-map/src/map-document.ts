import { type IndexRange, pieceCount } from '@pageswarm/primitives';
import { ClosureWalker, PieceCollector } from './closures.ts';
import { NO_UNIT, ObjectGraph } from './object-graph.ts';
import { type OwnedSpan, type OwnerRun, runsOfSpans, STRUCTURE } from './owners.ts';
import { allPages, opensAlone } from './page-location.ts';
import type { PageTree } from './page-tree.ts';
import type { PdfDocument } from './pdf-document.ts';
import { structureReferences } from './structure-references.ts';

/** From this share of the pages on, what they share belongs to the structure: otherwise page 1 would own it and be a hot spot. */
export const SHARED_BY_PAGES = 0.5;
/** Documents with fewer pages share nothing widely. */
export const MIN_PAGES_TO_SHARE = 4;

export interface MappedDocument {
  readonly runs: OwnerRun[];
  /** For each page the pieces of its closure, those of the structure included. */
  readonly closures: IndexRange[][];
  readonly pageObjects: number[];
}

/** Finds the pages of an opened document, what each needs and which bytes belong to whom. */
export async function mapDocument(document: PdfDocument, pieceLength: number): Promise<MappedDocument> {
  const tree = await allPages(document);
  const graph = new ObjectGraph(document, true);
  const pageSlots: (number | undefined)[] = [];
  for (const { node, object } of tree.pages) {
    const slot = object && graph.slotOf(node.num);
    if (slot !== undefined && object && !graph.isLoaded(slot)) await graph.putPage(slot, object);
    pageSlots.push(slot);
  }
  for (const num of tree.structure) {
    const slot = graph.slotOf(num);
    if (slot !== undefined) graph.barriers[slot] = 1;
  }
  const walker = new ClosureWalker(graph);
  const isStructure = new Uint8Array(graph.units.length);
  for (const unit of await structureUnits(document, graph, walker, tree)) isStructure[unit] = 1;

  const firstPage = new Int32Array(graph.units.length).fill(-1);
  const useCount = new Int32Array(graph.units.length);
  const closures: IndexRange[][] = [];
  const allPieces: IndexRange = [0, pieceCount(document.blocks.size, pieceLength)];
  const collector = new PieceCollector(graph, allPieces[1], pieceLength);
  for (const [index, page] of tree.pages.entries()) {
    const units = await walker.walkPage(page, pageSlots[index]);
    for (const unit of units) {
      if (firstPage[unit] === -1) firstPage[unit] = index;
      useCount[unit] = (useCount[unit] as number) + 1;
    }
    closures.push(opensAlone(document, page) ? collector.piecesOf(units) : [allPieces]);
  }
  const pageCount = tree.pages.length;
  const shared = pageCount >= MIN_PAGES_TO_SHARE ? Math.ceil(pageCount * SHARED_BY_PAGES) : Number.POSITIVE_INFINITY;
  const spans: OwnedSpan[] = document.structureSpans.map(([start, end]) => ({ start, end, owner: STRUCTURE }));
  for (let unit = 0; unit < graph.units.length; unit++) {
    const owner = isStructure[unit] === 1 || (useCount[unit] as number) >= shared ? STRUCTURE : (firstPage[unit] as number);
    if (owner >= 0 || isStructure[unit] === 1 || (useCount[unit] as number) > 0)
      spans.push({ start: graph.starts[unit] as number, end: graph.ends[unit] as number, owner });
  }
  return {
    runs: runsOfSpans(spans, document.blocks.size),
    closures,
    pageObjects: tree.pages.map((page) => (opensAlone(document, page) ? page.node.num : 0)),
  };
}

/** The units of the catalog, the page tree, the encryption and what the catalog adds to every page. */
async function structureUnits(document: PdfDocument, graph: ObjectGraph, walker: ClosureWalker, tree: PageTree): Promise<number[]> {
  const { shallow, deep } = await structureReferences(document);
  const found: number[] = [];
  const roots = graph.slotsOf(deep);
  for (const num of [...tree.structure, ...shallow]) {
    const slot = graph.slotOf(num);
    if (slot === undefined) continue;
    await graph.load(slot);
    graph.barriers[slot] = 1;
    const unit = graph.units[slot] as number;
    if (unit === NO_UNIT) continue;
    found.push(unit);
    // The object stream that holds it may keep its own /Length elsewhere.
    if (unit !== slot) roots.push(...graph.referencesOf(unit));
  }
  return [...found, ...(await walker.walk(roots))];
}
