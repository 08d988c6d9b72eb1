import type { PdfDocument } from './pdf-document.ts';
import { PdfDictionary, PdfRef } from './pdf-values.ts';
import { collectReferences } from './references.ts';

/** Form entries that name the fields of all pages, or a second form language that page views do not run. */
const SKIPPED_FORM_KEYS = new Set(['Fields', 'XFA', 'CO']);

export interface StructureReferences {
  /** Objects that belong to the structure while what they refer to does not. */
  readonly shallow: number[];
  /** Objects that belong to the structure with everything they refer to. */
  readonly deep: number[];
}

/** What the catalog and the trailer say about all pages: optional content, form defaults, output intents, encryption. */
export async function structureReferences(document: PdfDocument): Promise<StructureReferences> {
  const shallow: number[] = [];
  const deep: number[] = [];
  const root = document.trailer.get('Root');
  if (root instanceof PdfRef) shallow.push(root.num);
  for (const key of ['Encrypt', 'ID']) collectReferences(document.trailer.get(key) ?? null, deep);
  const catalog = await document.resolveDictionary(root);
  if (!catalog) return { shallow, deep };
  for (const key of ['OCProperties', 'OutputIntents']) collectReferences(catalog.get(key) ?? null, deep);
  const form = catalog.get('AcroForm');
  if (form instanceof PdfRef) shallow.push(form.num);
  const dictionary = await document.resolveDictionary(form);
  const followed = new PdfDictionary();
  for (const [index, key] of (dictionary?.keys ?? []).entries())
    if (!SKIPPED_FORM_KEYS.has(key)) followed.add(key, dictionary?.values[index] ?? null);
  collectReferences(followed, deep);
  return { shallow, deep };
}
