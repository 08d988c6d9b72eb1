import { Bitfield, type IndexRange, pieceCount, piecesOfBytes } from '@pageswarm/primitives';
import { ClosureWalker, PieceCollector } from './closures.ts';
import { KNOWN_BARRIER, NO_UNIT, ObjectGraph } from './object-graph.ts';
import { type OwnedSpan, type OwnerRun, runsOfSpans, STRUCTURE } from './owners.ts';
import { allPages, opensAlone } from './page-location.ts';
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
  /** The pieces that every page needs. */
  readonly structure: IndexRange[];
  readonly pageObjects: number[];
}

/** Finds the pages of an opened document, what each needs and which bytes belong to whom. */
export async function mapDocument(document: PdfDocument, pieceLength: number): Promise<MappedDocument> {
  const tree = await allPages(document);
  const graph = new ObjectGraph(document, true);
  const pageSlots: (number | undefined)[] = [];
  const pageObjects = tree.pages.map((page) => (opensAlone(document, page) ? page.node.num : 0));
  for (const [index, { node, object }] of tree.pages.entries()) {
    const slot = object && graph.slotOf(node.num);
    pageSlots.push(slot);
    // A view gets these numbers from the map; that any other page is one it must see for itself, if that can be seen.
    if (slot === undefined || !object || pageObjects[index] === 0) continue;
    if (!graph.isLoaded(slot)) await graph.putPage(slot, object);
    graph.barriers[slot] = KNOWN_BARRIER;
  }
  const walker = new ClosureWalker(graph);
  const isStructure = new Uint8Array(graph.units.length);
  const { shallow, deep } = await structureReferences(document);
  for (const slot of graph.slotsOf(shallow)) graph.barriers[slot] = KNOWN_BARRIER;
  const common = [...(await unitsOf(graph, walker, shallow)), ...(await walker.walk(graph.slotsOf(deep)))];
  const nodes = new Map<number, number[]>();
  for (const num of tree.structure) nodes.set(num, await unitsOf(graph, walker, [num]));
  for (const units of [common, ...nodes.values()]) for (const unit of units) isStructure[unit] = 1;

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
    for (let node = page.node.parent; node; node = node.parent) if (!node.isDirect) units.push(...(nodes.get(node.num) ?? []));
    closures.push(pageObjects[index] !== 0 ? collector.piecesOf(units) : [allPieces]);
  }
  for (let index = pageSlots.length - 1; index >= 0; index--) {
    // A page's dictionary is its own, whoever links to it.
    const slot = pageSlots[index];
    if (slot === undefined || graph.units[slot] !== slot) continue;
    firstPage[slot] = index;
    useCount[slot] = 1;
  }
  const pageCount = tree.pages.length;
  const shared = pageCount >= MIN_PAGES_TO_SHARE ? Math.ceil(pageCount * SHARED_BY_PAGES) : Number.POSITIVE_INFINITY;
  const spans: OwnedSpan[] = document.structureSpans.map(([start, end]) => ({ start, end, owner: STRUCTURE }));
  for (let unit = 0; unit < graph.units.length; unit++) {
    const owner = isStructure[unit] === 1 || (useCount[unit] as number) >= shared ? STRUCTURE : (firstPage[unit] as number);
    if (owner >= 0 || isStructure[unit] === 1 || (useCount[unit] as number) > 0)
      spans.push({ start: graph.starts[unit] as number, end: graph.ends[unit] as number, owner });
  }
  const skeleton = document.structureSpans.map(([start, end]) => piecesOfBytes(start, end - start, pieceLength));
  const structure = Bitfield.fromRanges([...skeleton, ...collector.piecesOf(common)], allPieces[1]).toRanges();
  return { runs: runsOfSpans(spans, document.blocks.size), closures, structure, pageObjects };
}

/** The units of objects that are looked at while what they refer to is not. */
async function unitsOf(graph: ObjectGraph, walker: ClosureWalker, numbers: readonly number[]): Promise<number[]> {
  const found: number[] = [];
  const roots: number[] = [];
  for (const num of numbers) {
    const slot = graph.slotOf(num);
    if (slot === undefined) continue;
    await graph.load(slot);
    const unit = graph.units[slot] as number;
    if (unit === NO_UNIT) continue;
    found.push(unit);
    // The object stream that holds it may keep its own /Length elsewhere.
    if (unit !== slot) roots.push(...graph.referencesOf(unit));
  }
  return [...found, ...(await walker.walk(roots))];
}
