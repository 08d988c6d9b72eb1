import { DamagedXrefError, UnmappableError } from './limits.ts';
import { isMissing, isPage, type PageEntry, type PageTree, type PageTreeNode, walkPageTree } from './page-tree.ts';
import type { PdfDocument } from './pdf-document.ts';
import { PdfDictionary, PdfRef } from './pdf-values.ts';
import { findStrayPages } from './rebuild.ts';

/**
 * All pages: those of the page tree, or after a scan at least those that call themselves pages.
 * @throws DamagedXrefError without pages before a scan, UnmappableError without pages after it
 */
export async function allPages(document: PdfDocument): Promise<PageTree> {
  const tree = await walkPageTree(document).catch((error: unknown) => {
    if (document.rebuilt && error instanceof DamagedXrefError) return { pages: [], structure: new Set<number>() };
    throw error;
  });
  if (!tree.pages.every(isMissing)) return tree;
  if (!document.rebuilt) throw new DamagedXrefError('the page tree has no pages');
  const pages = (await findStrayPages(document)).map((object): PageEntry => {
    const dictionary = object.value as PdfDictionary;
    return { node: { num: object.num, dictionary, parent: undefined, depth: 1, isDirect: false }, object };
  });
  if (pages.length === 0) throw new UnmappableError('it has no pages');
  return { pages, structure: tree.structure };
}

/** True if the page can be found from its own object: its /Parent chain is the path that the tree takes to it. */
export function opensAlone(document: PdfDocument, { node, object }: PageEntry): boolean {
  if (document.rebuilt || !object) return false;
  for (let child: PageTreeNode = node; child.parent; child = child.parent) {
    const parent = child.dictionary.get('Parent');
    if (child.isDirect || !(parent instanceof PdfRef) || parent.num !== child.parent.num) return false;
  }
  return true;
}

/**
 * The page at `index`.
 * @param hint number of its object if a map told it: then only the nodes above the page are read, not the pages before it
 * @returns undefined if there are fewer pages
 */
export async function locatePage(document: PdfDocument, index: number, hint: number): Promise<PageEntry | undefined> {
  const hinted = hint > 0 && !document.rebuilt ? await pageOfObject(document, hint) : undefined;
  if (hinted) return hinted;
  if (document.rebuilt) return (await allPages(document)).pages[index];
  const { pages } = await walkPageTree(document, (_, at) => at < index);
  if (pages.length === 0) throw new DamagedXrefError('the page tree has no pages');
  const page = pages[index];
  // Whether the tree has any page at all, and is to be believed, only the whole of it tells.
  return page && isMissing(page) ? (await allPages(document)).pages[index] : page;
}

/** The page with this object number and the nodes above it; undefined if it is none or its /Parent chain does not end at the root of the tree. */
async function pageOfObject(document: PdfDocument, num: number): Promise<PageEntry | undefined> {
  const catalog = await document.resolveDictionary(document.trailer.get('Root'));
  const root = catalog?.get('Pages');
  const object = await document.load(num);
  if (!(root instanceof PdfRef) || !(object?.value instanceof PdfDictionary) || !isPage(object.value, num === root.num)) return undefined;
  const chain = [{ num, dictionary: object.value }];
  while (chain.at(-1)?.num !== root.num) {
    const parent = chain.at(-1)?.dictionary.get('Parent');
    const node = parent instanceof PdfRef ? await document.load(parent.num) : undefined;
    if (!node || !(node.value instanceof PdfDictionary) || chain.length > document.meter.limits.maxTreeDepth) return undefined;
    chain.push({ num: node.num, dictionary: node.value });
  }
  let above: PageTreeNode | undefined;
  for (const { num: nodeNumber, dictionary } of chain.reverse())
    above = { num: nodeNumber, dictionary, parent: above, depth: (above?.depth ?? 0) + 1, isDirect: false };
  return above && { node: above, object };
}
