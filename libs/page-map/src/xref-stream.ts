import { COMPRESSED, FREE, PLAIN } from './object-table.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, isInteger, PdfDictionary, type PdfValue } from './pdf-values.ts';

/** The widest field of a cross-reference stream, in bytes. */
const MAX_FIELD_BYTES = 8;

/** True for a cross-reference stream (ISO 32000-1, 7.5.8). Writers forget /Type; /W they cannot forget. */
export function isXrefStream(object: IndirectObject | undefined): object is IndirectObject & { value: PdfDictionary } {
  if (!object?.stream || !(object.value instanceof PdfDictionary)) return false;
  return object.value.get('Type') === 'XRef' || (!object.value.has('Type') && Array.isArray(object.value.get('W')));
}

/**
 * Puts the entries of a cross-reference stream into the object table.
 * @returns false if it cannot be read
 */
export async function addXrefStream(document: PdfDocument, object: IndirectObject & { value: PdfDictionary }): Promise<boolean> {
  const { meter, table, shift } = document;
  const widths = object.value.get('W');
  if (!Array.isArray(widths) || widths.length < 3) return false;
  const [typeBytes, positionBytes, detailBytes] = widths.map((width) => (isInteger(width) ? width : -1)) as [number, number, number];
  if ([typeBytes, positionBytes, detailBytes].some((width) => width < 0 || width > MAX_FIELD_BYTES)) return false;
  const rowBytes = typeBytes + positionBytes + detailBytes;
  const bytes = rowBytes > 0 ? await document.decodedData(object, false) : undefined;
  if (!bytes) return false;
  let at = 0;
  for (const [first, count] of subsections(object.value)) {
    const rows = Math.min(count, Math.floor((bytes.length - at) / rowBytes));
    meter.spendXrefEntries(Math.max(0, rows));
    for (let index = 0; index < rows; index++, at += rowBytes) {
      const type = typeBytes === 0 ? PLAIN : fieldAt(bytes, at, typeBytes);
      const position = fieldAt(bytes, at + typeBytes, positionBytes);
      const detail = fieldAt(bytes, at + typeBytes + positionBytes, detailBytes);
      if (type === PLAIN) table.add(first + index, position > 0 ? PLAIN : FREE, position + shift, detail);
      else if (type === COMPRESSED) table.add(first + index, COMPRESSED, position, detail);
      // Other types stand for null by definition, and so does a free entry.
      else table.add(first + index, FREE, 0, 0);
    }
    if (rows < count) break;
  }
  return true;
}

function subsections(dictionary: PdfDictionary): [number, number][] {
  const index = dictionary.get('Index');
  const size = dictionary.get('Size');
  const numbers: PdfValue[] = Array.isArray(index) ? index : [0, isInteger(size) ? size : 0];
  const pairs: [number, number][] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const [first, count] = [numbers[at], numbers[at + 1]];
    if (isInteger(first) && isInteger(count) && first >= 0 && count >= 0) pairs.push([first, count]);
  }
  return pairs;
}

function fieldAt(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let at = start; at < start + length; at++) value = value * 256 + (bytes[at] as number);
  return value;
}
