import { PLAIN } from './object-table.ts';
import { INHERITABLE_KEYS, inheritedValue, type PageEntry, type PageTreeNode } from './page-tree.ts';
import type { PdfDocument } from './pdf-document.ts';
import { PdfDictionary, PdfRef, type PdfValue } from './pdf-values.ts';

/** How deep fields of a form are followed: deeper ones are left out of views. */
const MAX_FIELD_DEPTH = 32;

/** Objects that a view writes anew, so that catalog, nodes and page lead to each other and to nothing else. */
export interface ViewTree {
  readonly root: PdfValue;
  /** By object number: everything of the tree that cannot stay as it is. */
  readonly rewritten: ReadonlyMap<number, PdfDictionary>;
}

/**
 * Plans a page tree with one kid on each level. The nodes keep their numbers, because the page's own /Parent names the lowest one.
 * @param kept numbers of the objects that the view has
 */
export async function planViewTree(document: PdfDocument, page: PageEntry, kept: ReadonlySet<number>): Promise<ViewTree> {
  const rewritten = new Map<number, PdfDictionary>();
  let fresh = highestNumber(document) + 1;
  const numbers = nodeNumbers(page);
  if (numbers.length === 0) numbers.push(fresh++);
  const [lowest, highest] = [numbers[0] as number, numbers.at(-1) as number];
  const pageNumber = page.object ? page.node.num : fresh++;

  for (const [level, num] of numbers.entries()) {
    const node = new PdfDictionary();
    node.add('Type', 'Pages');
    node.add('Count', 1);
    node.add('Kids', [level === 0 ? new PdfRef(pageNumber, page.object?.gen ?? 0) : refTo(document, numbers[level - 1] as number)]);
    if (num !== highest) node.add('Parent', refTo(document, numbers[level + 1] as number));
    if (level === 0) addInherited(node, page.node);
    rewritten.set(num, node);
  }
  const parent = page.node.dictionary.get('Parent');
  if (!page.object || !(parent instanceof PdfRef) || parent.num !== lowest || !isPlainPage(page.node.dictionary))
    rewritten.set(pageNumber, withEntry(plainPage(page.node.dictionary), 'Parent', refTo(document, lowest)));

  const rootRef = document.trailer.get('Root');
  const original = (await document.resolveDictionary(rootRef)) ?? new PdfDictionary();
  const form = original.get('AcroForm');
  const ownForm = await withKeptFields(document, form, kept);
  if (ownForm && form instanceof PdfRef && form.num !== pageNumber && !rewritten.has(form.num)) rewritten.set(form.num, ownForm);
  const catalog = ownForm && !(form instanceof PdfRef) ? withEntry(original, 'AcroForm', ownForm) : original;
  const pages = catalog.get('Pages');
  // In a damaged file the catalog may count as the page, or as a node above it: then it needs a number of its own.
  const isApart = rootRef instanceof PdfRef && rootRef.num !== pageNumber && !numbers.includes(rootRef.num);
  const root = isApart ? rootRef : new PdfRef(fresh++, 0);
  const isItself = isApart && (await document.load(rootRef.num))?.value instanceof PdfDictionary;
  if (!(isItself && catalog === original && pages instanceof PdfRef && pages.num === highest && catalog.get('Type') === 'Catalog'))
    rewritten.set(root.num, withEntry(withEntry(catalog, 'Type', 'Catalog'), 'Pages', refTo(document, highest)));
  return { root, rewritten };
}

/** True unless readers may take the page for a node, or, as pdf-lib does, for nothing. */
function isPlainPage(dictionary: PdfDictionary): boolean {
  return dictionary.get('Type') === 'Page' && !dictionary.has('Kids');
}

function plainPage(dictionary: PdfDictionary): PdfDictionary {
  return isPlainPage(dictionary) ? dictionary : withEntry(withoutEntry(dictionary, 'Kids'), 'Type', 'Page');
}

/** A form with those of its fields that the view has, for poppler warns of each that is not there; undefined if it needs no change. */
async function withKeptFields(
  document: PdfDocument,
  form: PdfValue | undefined,
  kept: ReadonlySet<number>,
): Promise<PdfDictionary | undefined> {
  const dictionary = await document.resolveDictionary(form);
  const named = dictionary?.get('Fields');
  // Fields in an array of their own are not read: what is in it, the page may not need.
  if (!dictionary || named === undefined) return undefined;
  if (!Array.isArray(named)) return withEntry(dictionary, 'Fields', []);
  const fields: PdfValue[] = [];
  const known = new Map<number, boolean>();
  for (const field of named) if (await isWhole(document, field, kept, known)) fields.push(field);
  return fields.length < named.length ? withEntry(dictionary, 'Fields', fields) : undefined;
}

/** True for a field that the view has with all fields and widgets below it: poppler complains of each that is missing. */
async function isWhole(
  document: PdfDocument,
  field: PdfValue,
  kept: ReadonlySet<number>,
  known: Map<number, boolean>,
  depth = 1,
): Promise<boolean> {
  if (!(field instanceof PdfRef)) return true;
  if (depth > MAX_FIELD_DEPTH) return false;
  const { num } = field;
  const told = known.get(num);
  if (told !== undefined) return told;
  // Set before it is known, so that fields which lie in each other come to an end.
  known.set(num, kept.has(num));
  const value = kept.has(num) ? (await document.load(num))?.value : undefined;
  const kids = value instanceof PdfDictionary ? value.get('Kids') : undefined;
  let whole = value !== undefined;
  for (const kid of Array.isArray(kids) ? kids : []) whole &&= await isWhole(document, kid, kept, known, depth + 1);
  known.set(num, whole);
  return whole;
}

/** The highest object number that the document uses. */
export function highestNumber({ table }: PdfDocument): number {
  return table.numbers.reduce((highest, num) => Math.max(highest, num), 0);
}

/** Numbers of the nodes above a page that are objects of their own, from the lowest up. */
function nodeNumbers(page: PageEntry): number[] {
  const numbers: number[] = [];
  for (let node: PageTreeNode | undefined = page.node.parent; node; node = node.parent)
    if (!node.isDirect && !numbers.includes(node.num)) numbers.push(node.num);
  return numbers;
}

function addInherited(node: PdfDictionary, { dictionary, parent }: PageTreeNode): void {
  for (const key of INHERITABLE_KEYS) {
    const value = parent && (dictionary.get(key) ?? null) === null ? inheritedValue(parent, key) : undefined;
    if (value !== undefined) node.add(key, value);
  }
}

/** The generation under which a number must be written again: that of its entry. */
export function generationOf(document: PdfDocument, num: number): number {
  const slot = document.table.slotOf(num);
  return slot !== undefined && document.table.kinds[slot] === PLAIN ? (document.table.details[slot] as number) : 0;
}

function refTo(document: PdfDocument, num: number): PdfRef {
  return new PdfRef(num, generationOf(document, num));
}

/** A copy of a dictionary with one key set. */
export function withEntry(dictionary: PdfDictionary, key: string, value: PdfValue): PdfDictionary {
  const copy = withoutEntry(dictionary, key);
  copy.add(key, value);
  return copy;
}

function withoutEntry(dictionary: PdfDictionary, key: string): PdfDictionary {
  const copy = new PdfDictionary();
  for (const [index, known] of dictionary.keys.entries()) if (known !== key) copy.add(known, dictionary.values[index] as PdfValue);
  return copy;
}
