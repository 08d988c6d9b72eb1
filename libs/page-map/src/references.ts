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

/** A bit for each key that tells roles apart, so that one pass over the keys of a dictionary finds all of them. */
const KEY_BITS = new Map<string, number>(
  ['Type', 'Subtype', 'Rect', 'FT', 'T', 'Kids', 'S', 'P', 'K', 'Pg', 'Title', 'Parent'].map((key, index) => [key, 1 << index]),
);
const bitOf = (key: string): number => KEY_BITS.get(key) as number;
const [TYPE, SUBTYPE, RECT, FT, T, KIDS] = ['Type', 'Subtype', 'Rect', 'FT', 'T', 'Kids'].map(bitOf) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
/** Structure elements and outline items may leave /Type out (ISO 32000-1, tables 323 and 153). */
const [ELEMENT, ELEMENT_KIDS, ITEM] = [bitOf('S') | bitOf('P'), bitOf('K') | bitOf('Pg'), bitOf('Title') | bitOf('Parent')];

export function roleOf(dictionary: PdfDictionary, isStream: boolean): DictionaryRole {
  const { keys } = dictionary;
  let present = 0;
  for (let index = 0; index < keys.length; index++) present |= KEY_BITS.get(keys[index] as string) ?? 0;
  if (present === 0) return 'plain';
  const type = (present & TYPE) !== 0 ? dictionary.get('Type') : undefined;
  if (type === 'Page' || type === 'Template') return isStream ? 'plain' : 'page';
  if (type !== undefined && BARRIER_TYPES.has(type)) return 'barrier';
  const subtype = (present & SUBTYPE) !== 0 ? dictionary.get('Subtype') : undefined;
  if (isStream) return subtype === 'Form' ? 'form' : 'plain';
  if (subtype === 'Widget') return 'widget';
  if (type === 'Annot' || (subtype !== undefined && (present & RECT) !== 0)) return 'annotation';
  if ((present & FT) !== 0 || (present & (T | KIDS)) === (T | KIDS)) return 'field';
  if (type !== undefined) return 'plain';
  const isElement = (present & ELEMENT) === ELEMENT && (present & ELEMENT_KIDS) !== 0;
  return isElement || (present & (ITEM | KIDS)) === ITEM ? 'barrier' : 'plain';
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
