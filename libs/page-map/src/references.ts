import { PdfDictionary, PdfRef, type PdfValue } from './pdf-values.ts';

/** What kind of dictionary this is, as far as it decides which of its references lead away from the page. */
export type DictionaryRole = 'page' | 'widget' | 'annotation' | 'field' | 'form' | 'barrier' | 'plain';

/** Types that belong to the document as a whole: a closure that enters one would end up with every page. */
const BARRIER_TYPES = new Set<PdfValue>([
  'Pages',
  'Catalog',
  'StructTreeRoot',
  'StructElem',
  'Outlines',
  'Bead',
  'Thread',
  'ObjStm',
  'XRef',
]);

/**
 * Keys that are not followed, for each role. They depend on the role because names mean different things in different places: a Type 3
 * font may well have a glyph that is named P.
 */
const SKIPPED_KEYS: Readonly<Record<DictionaryRole, ReadonlySet<string>>> = {
  page: new Set(['Parent', 'B', 'PieceInfo', 'Thumb']),
  // A widget shows values that its parent fields hold, so /Parent is followed; a field in turn does not lead to its other widgets.
  widget: new Set(['P', 'Kids', 'IRT']),
  field: new Set(['P', 'Kids']),
  annotation: new Set(['P', 'Parent', 'IRT']),
  form: new Set(['PieceInfo']),
  barrier: new Set(),
  plain: new Set(),
};

export function roleOf(dictionary: PdfDictionary, isStream: boolean): DictionaryRole {
  const type = dictionary.get('Type');
  if (type === 'Page' || type === 'Template') return isStream ? 'plain' : 'page';
  if (type !== undefined && BARRIER_TYPES.has(type)) return 'barrier';
  const subtype = dictionary.get('Subtype');
  if (isStream) return subtype === 'Form' ? 'form' : 'plain';
  if (subtype === 'Widget') return 'widget';
  if (type === 'Annot' || (subtype !== undefined && dictionary.has('Rect'))) return 'annotation';
  if (dictionary.has('FT') || (dictionary.has('T') && dictionary.has('Kids'))) return 'field';
  if (type === undefined && isUntypedBarrier(dictionary)) return 'barrier';
  return 'plain';
}

/** Structure elements and outline items may leave /Type out (ISO 32000-1, tables 323 and 153). */
function isUntypedBarrier(dictionary: PdfDictionary): boolean {
  if (dictionary.has('S') && dictionary.has('P') && (dictionary.has('K') || dictionary.has('Pg'))) return true;
  return dictionary.has('Title') && dictionary.has('Parent') && !dictionary.has('Kids');
}

/** Adds the numbers of all objects that `value` refers to, without those that lead away from the page. */
export function collectReferences(value: PdfValue, numbers: number[], isStream = false, role?: DictionaryRole): void {
  if (value instanceof PdfRef) numbers.push(value.num);
  else if (Array.isArray(value)) for (const item of value) collectReferences(item, numbers);
  else if (value instanceof PdfDictionary) {
    const { keys, values } = value;
    const skipped = SKIPPED_KEYS[role ?? roleOf(value, isStream)];
    for (let index = 0; index < keys.length; index++) {
      const item = values[index] as PdfValue;
      if (typeof item !== 'object' || item === null) continue;
      if (skipped.size > 0 && skipped.has(keys[index] as string)) continue;
      collectReferences(item, numbers);
    }
  }
}

/** Adds the numbers of all objects that `value` mentions, wherever they lead. */
export function collectAllReferences(value: PdfValue, numbers: Set<number>): void {
  if (value instanceof PdfRef) numbers.add(value.num);
  else if (Array.isArray(value)) for (const item of value) collectAllReferences(item, numbers);
  else if (value instanceof PdfDictionary) for (const item of value.values) collectAllReferences(item, numbers);
}
