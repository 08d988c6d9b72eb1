import { DamagedXrefError, UnmappableError } from './limits.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, isInteger, PdfDictionary, PdfRef, type PdfValue } from './pdf-values.ts';

/** Attributes that a page takes from the nodes above it (ISO 32000-1, 7.7.3.4). */
export const INHERITABLE_KEYS = ['Resources', 'MediaBox', 'CropBox', 'Rotate'] as const;

/** A node of the page tree on the way from the root to a page. */
export interface PageTreeNode {
  /** Number of the object that holds the node; a node written inside its parent has its parent's. */
  readonly num: number;
  readonly dictionary: PdfDictionary;
  readonly parent: PageTreeNode | undefined;
  readonly depth: number;
  readonly isDirect: boolean;
}

/** A page as the tree names it. */
export interface PageEntry {
  readonly node: PageTreeNode;
  /** The object that the dictionary stands in, where it has one of its own. */
  readonly object: IndirectObject | undefined;
}

export interface PageTree {
  readonly pages: PageEntry[];
  /** Objects that only serve the tree: nodes and arrays of kids. */
  readonly structure: Set<number>;
}

/** Stands where a page should be: readers count it, and cannot show it. */
const NO_PAGE: PageEntry = {
  node: { num: 0, dictionary: new PdfDictionary(), parent: undefined, depth: 0, isDirect: true },
  object: undefined,
};
/** Readers take a larger /Count for nonsense. */
const MOST_DECLARED_PAGES = 1_048_575;

export const isMissing = (page: PageEntry): boolean => page === NO_PAGE;

/**
 * Walks the page tree in page order and counts as PDFium and poppler do, for what they call page 5 should be page 5 here: a kid that is
 * nothing takes the place of a page, the /Count of the root cuts the list, or fills it up while there are as many objects. A node is
 * visited once, a page as often as it is named.
 * @param visit called with each page; the walk ends early when it returns false
 */
export async function walkPageTree(document: PdfDocument, visit?: (page: PageEntry, index: number) => boolean): Promise<PageTree> {
  const { limits } = document.meter;
  const tree: PageTree = { pages: [], structure: new Set() };
  const catalog = await document.resolveDictionary(document.trailer.get('Root'));
  if (!catalog) throw new DamagedXrefError('there is no catalog');
  const visited = new Set<number>();
  const waiting: { value: PdfValue; parent: PageTreeNode | undefined }[] = [{ value: catalog.get('Pages') ?? null, parent: undefined }];
  let kidsLeft = limits.maxTreeKids;
  let declared: number | undefined;
  for (let next = waiting.pop(); next && tree.pages.length !== declared; next = waiting.pop()) {
    if (kidsLeft-- <= 0) throw new UnmappableError(`its page tree has more than ${limits.maxTreeKids} kids`);
    const { value, parent } = next;
    const num = value instanceof PdfRef ? value.num : (parent?.num ?? 0);
    const isKnown = value instanceof PdfRef && visited.has(num);
    const object = value instanceof PdfRef && !isKnown ? await document.load(num) : undefined;
    const dictionary = value instanceof PdfRef ? object?.value : value;
    const node =
      dictionary instanceof PdfDictionary ? { num, dictionary, parent, depth: (parent?.depth ?? 0) + 1, isDirect: !object } : undefined;
    if (isKnown || !(node || parent)) continue;
    if (!node || isPage(node.dictionary, !parent)) {
      if (tree.pages.length >= limits.maxPages) throw new UnmappableError(`it has more than ${limits.maxPages} pages`);
      const page = node ? { node, object } : NO_PAGE;
      tree.pages.push(page);
      if (visit && !visit(page, tree.pages.length - 1)) return tree;
      continue;
    }
    if (node.depth > limits.maxTreeDepth) throw new UnmappableError(`its page tree is deeper than ${limits.maxTreeDepth} nodes`);
    if (object) {
      visited.add(num);
      tree.structure.add(num);
    }
    if (!parent) declared = await declaredPages(document, node.dictionary);
    const kids = await kidsOf(document, node.dictionary, tree.structure);
    for (let index = kids.length - 1; index >= 0; index--) waiting.push({ value: kids[index] as PdfValue, parent: node });
    if (waiting.length > limits.maxTreeKids) throw new UnmappableError(`its page tree has more than ${limits.maxTreeKids} kids`);
  }
  settleCount(document, tree.pages, declared);
  return tree;
}

/** /Count of the root, if readers believe it. */
async function declaredPages(document: PdfDocument, root: PdfDictionary): Promise<number | undefined> {
  const count = await document.resolve(root.get('Count'));
  return isInteger(count) && count > 0 && count < MOST_DECLARED_PAGES ? count : undefined;
}

/** Without a /Count the kids that are nothing keep their places and are not counted: the list ends so much earlier. */
function settleCount({ table, meter }: PdfDocument, pages: PageEntry[], declared: number | undefined): void {
  if (declared === undefined) pages.length = pages.filter((page) => !isMissing(page)).length;
  else if (declared <= Math.min(table.size, meter.limits.maxPages)) while (pages.length < declared) pages.push(NO_PAGE);
}

/** As readers do: what has /Kids is a node whatever it calls itself, and what has none is a page; the root alone may be no page at all. */
export function isPage(dictionary: PdfDictionary, isRoot: boolean): boolean {
  return !dictionary.has('Kids') && !(isRoot && dictionary.get('Type') === 'Pages');
}

async function kidsOf(document: PdfDocument, dictionary: PdfDictionary, structure: Set<number>): Promise<PdfValue[]> {
  const kids = dictionary.get('Kids');
  if (kids instanceof PdfRef) structure.add(kids.num);
  const resolved = await document.resolve(kids);
  return Array.isArray(resolved) ? resolved : [];
}

/** The nearest value of an inheritable attribute above a page, with the node that has it. */
export function inheritedValue(page: PageTreeNode, key: string): PdfValue | undefined {
  for (let node: PageTreeNode | undefined = page; node; node = node.parent) {
    const value = node.dictionary.get(key);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}
