import { Buffer } from 'node:buffer';
import { latin1 } from './characters.ts';
import { DamagedXrefError, UnmappableError } from './limits.ts';
import type { ObjectParser } from './object-parser.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, isInteger, type PdfDictionary } from './pdf-values.ts';
import { addXrefStream, isXrefStream } from './xref-stream.ts';
import { addTableEntries, readXrefTable } from './xref-table.ts';

/** How far into the file `%PDF-` may stand, in bytes. Readers tolerate junk before the header. */
export const HEADER_SEARCH_BYTES = 8_192;
/** How far from the end of the file the last `startxref` may stand, in bytes. */
export const STARTXREF_SEARCH_BYTES = 65_536;

/** Where `startxref` stands in most files: the first look is short, because all that is looked at becomes structure. */
const STARTXREF_FIRST_SEARCH_BYTES = 48;
/** The linearization dictionary lies within this many bytes from the header (ISO 32000-1, annex F.3.3). */
const LINEARIZED_SEARCH_BYTES = 1_024;

/** Finds the header and with it where offsets are counted from. */
export async function readHeader(document: PdfDocument): Promise<void> {
  const head = await document.blocks.range(0, HEADER_SEARCH_BYTES);
  const found = Buffer.from(head.buffer, head.byteOffset, head.length).indexOf('%PDF-', 0, 'latin1');
  document.base = Math.max(0, found);
  if (found >= 0) document.pdfVersion = /^\d\.\d/.exec(latin1(head, found + 5, Math.min(found + 8, head.length)))?.[0];
  document.linearized = latin1(head, 0, Math.min(head.length, document.base + LINEARIZED_SEARCH_BYTES)).includes('/Linearized');
  // The version line and the comment of binary bytes that follows it.
  document.structureSpans.push([0, Math.min(document.blocks.size, document.base + 15)]);
}

/**
 * Reads all cross-reference sections from the last `startxref` on, newest first (ISO 32000-1, 7.5.5 and 7.5.8).
 * @throws DamagedXrefError if even the newest cannot be read
 */
export async function readCrossReference(document: PdfDocument): Promise<void> {
  const start = await findStartXref(document);
  const visited = new Set<number>();
  let next: number | undefined = await chooseShift(document, start);
  let isNewest = true;
  while (next !== undefined && !visited.has(next)) {
    visited.add(next);
    if (visited.size > document.meter.limits.maxXrefSections)
      throw new UnmappableError(`it has more than ${document.meter.limits.maxXrefSections} cross-reference sections`);
    const dictionary: PdfDictionary | undefined = await readSection(document, next, visited);
    if (!dictionary) {
      if (isNewest) throw new DamagedXrefError('the cross-reference data cannot be read');
      document.incomplete = true;
      return;
    }
    if (isNewest) document.trailer = dictionary;
    else for (const key of ['Root', 'Encrypt', 'ID']) inheritKey(document.trailer, dictionary, key);
    isNewest = false;
    const previous: unknown = dictionary.get('Prev');
    next = isInteger(previous) && previous > 0 ? previous + document.shift : undefined;
  }
}

function inheritKey(trailer: PdfDictionary, older: PdfDictionary, key: string): void {
  const value = older.get(key);
  if (value !== undefined && !trailer.has(key)) trailer.add(key, value);
}

async function findStartXref(document: PdfDocument): Promise<number> {
  const { blocks } = document;
  for (let back = STARTXREF_FIRST_SEARCH_BYTES; ; back *= 2) {
    const from = Math.max(0, blocks.size - Math.min(back, STARTXREF_SEARCH_BYTES));
    const tail = await blocks.range(from, blocks.size);
    const found = Buffer.from(tail.buffer, tail.byteOffset, tail.length).lastIndexOf('startxref', undefined, 'latin1');
    if (found >= 0) {
      const offset = await document.reader.parseAt(from + found + 9, (parser) => parser.parseCount());
      // All that was searched: whoever opens the file searches it again.
      document.structureSpans.push([from, blocks.size]);
      if (offset !== undefined && offset >= 0) return offset;
      throw new DamagedXrefError('startxref names no offset');
    }
    if (from === 0 || back >= STARTXREF_SEARCH_BYTES) throw new DamagedXrefError('there is no startxref');
  }
}

/** Offsets are counted from the header; some writers count from the first byte although junk stands before it. */
async function chooseShift(document: PdfDocument, start: number): Promise<number> {
  for (const shift of new Set([document.base, 0])) {
    const isSection = await document.reader.parseAt(start + shift, standsAtSection);
    document.shift = shift;
    if (isSection) return start + shift;
  }
  throw new DamagedXrefError(`there is no cross-reference section at ${start}`);
}

const standsAtSection = (parser: ObjectParser): boolean =>
  parser.takeWord('xref') || (parser.parseCount() >= 0 && parser.parseCount() >= 0 && parser.takeWord('obj'));

/** Reads one section into the object table. @returns its trailer dictionary; undefined if it cannot be read */
async function readSection(document: PdfDocument, offset: number, visited: Set<number>): Promise<PdfDictionary | undefined> {
  const { reader, structureSpans } = document;
  if (!(await reader.parseAt(offset, (parser) => parser.takeWord('xref')))) return readStreamSection(document, offset);
  const section = await readXrefTable(document, offset);
  if (!section) return undefined;
  structureSpans.push([offset, section.end]);
  addTableEntries(document, section.entries, true);
  // A hybrid file hides objects from old readers: free in the table, in use in the stream that /XRefStm names (7.5.8.4).
  const hidden = section.trailer.get('XRefStm');
  if (isInteger(hidden) && hidden > 0 && !visited.has(hidden + document.shift)) {
    visited.add(hidden + document.shift);
    if (!(await readStreamSection(document, hidden + document.shift))) document.incomplete = true;
  }
  addTableEntries(document, section.entries, false);
  return section.trailer;
}

async function readStreamSection(document: PdfDocument, offset: number): Promise<PdfDictionary | undefined> {
  const object: IndirectObject | undefined = await document.reader.objectAt(offset, async () => undefined);
  if (!isXrefStream(object) || !(await addXrefStream(document, object))) return undefined;
  document.structureSpans.push([object.start, object.end]);
  return object.value;
}
