import { DamagedXrefError, UnmappableError } from './limits.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, PdfDictionary, PdfRef, type PdfValue } from './pdf-values.ts';

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

/**
 * Walks the page tree in page order. /Count is ignored, a node is visited once, a page as often as it is named.
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
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (kidsLeft-- <= 0) throw new UnmappableError(`its page tree has more than ${limits.maxTreeKids} kids`);
    const { value, parent } = next;
    const num = value instanceof PdfRef ? value.num : (parent?.num ?? 0);
    const object = value instanceof PdfRef && !visited.has(num) ? await document.load(num) : undefined;
    const dictionary = object ? object.value : value;
    if (!(dictionary instanceof PdfDictionary)) continue;
    const node: PageTreeNode = { num, dictionary, parent, depth: (parent?.depth ?? 0) + 1, isDirect: !object };
    if (isPage(dictionary)) {
      if (tree.pages.length >= limits.maxPages) throw new UnmappableError(`it has more than ${limits.maxPages} pages`);
      const page = { node, object };
      tree.pages.push(page);
      if (visit && !visit(page, tree.pages.length - 1)) return tree;
      continue;
    }
    if (node.depth > limits.maxTreeDepth) throw new UnmappableError(`its page tree is deeper than ${limits.maxTreeDepth} nodes`);
    if (object) {
      visited.add(num);
      tree.structure.add(num);
    }
    const kids = await kidsOf(document, dictionary, tree.structure);
    for (let index = kids.length - 1; index >= 0; index--) waiting.push({ value: kids[index] as PdfValue, parent: node });
    if (waiting.length > limits.maxTreeKids) throw new UnmappableError(`its page tree has more than ${limits.maxTreeKids} kids`);
  }
  return tree;
}

/** As readers do: /Type /Page is a page, and so is every dictionary without /Kids. */
export function isPage(dictionary: PdfDictionary): boolean {
  const type = dictionary.get('Type');
  return type === 'Page' || (type !== 'Pages' && !dictionary.has('Kids'));
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
