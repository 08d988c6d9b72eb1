import { isDigit } from './characters.ts';
import type { ObjectParser } from './object-parser.ts';
import { FREE, PLAIN } from './object-table.ts';
import type { PdfDocument } from './pdf-document.ts';
import { PdfDictionary } from './pdf-values.ts';

/** Entries of a table, column by column: number, whether it is in use, offset as written, generation. */
class TableEntries {
  readonly numbers: number[] = [];
  readonly inUse: boolean[] = [];
  readonly offsets: number[] = [];
  readonly gens: number[] = [];

  add(num: number, inUse: boolean, offset: number, gen: number): void {
    this.numbers.push(num);
    this.inUse.push(inUse);
    this.offsets.push(offset);
    this.gens.push(gen);
  }
}

const ENTRY_BYTES = 20;
/** Entries of a table that are read at once. */
const ENTRIES_PER_READ = 3_000;

export interface TableSection {
  readonly entries: TableEntries;
  readonly trailer: PdfDictionary;
  readonly end: number;
}

/**
 * Reads a classic cross-reference section with its trailer (ISO 32000-1, 7.5.4).
 * @param offset of the word `xref`
 * @returns undefined if it breaks off or has no trailer
 */
export async function readXrefTable(document: PdfDocument, offset: number): Promise<TableSection | undefined> {
  const { reader, meter } = document;
  const entries = new TableEntries();
  let position = (await reader.parseAt(offset, (parser) => parser.takeWord('xref'))) ? reader.position : -1;
  while (position >= 0) {
    const head = await reader.parseAt(position, parseSubsectionHead);
    if (!head) return undefined;
    position = reader.position;
    if (head === 'trailer') {
      const trailer = await reader.valueAt(position);
      return trailer?.value instanceof PdfDictionary ? { entries, trailer: trailer.value, end: trailer.end } : undefined;
    }
    const [first, count] = head;
    let num = first;
    let isFixed = true;
    for (let left = count; left > 0; ) {
      const wanted = isFixed ? Math.min(left, ENTRIES_PER_READ) : 0;
      const bytes = isFixed ? await document.blocks.range(position, position + wanted * ENTRY_BYTES) : new Uint8Array(0);
      const read = parseFixedEntries(bytes, num, wanted, entries);
      meter.spendXrefEntries(read + 1);
      num += read;
      left -= read;
      position += read * ENTRY_BYTES;
      if (isFixed && read === wanted) continue;
      // Entries of 19 or 21 bytes, or fewer than announced: from here on they are read by their words.
      isFixed = false;
      const entry = await reader.parseAt(position, parseLooseEntry);
      if (!entry) break;
      entries.add(num++, entry.inUse, entry.offset, entry.gen);
      position = reader.position;
      left--;
    }
    shiftTableThatStartsAtOne(entries, first, num - first);
  }
  return undefined;
}

function parseSubsectionHead(parser: ObjectParser): 'trailer' | readonly [number, number] | undefined {
  const byte = parser.skipSpace();
  if (byte === 0x74) return parser.takeWord('trailer') ? 'trailer' : undefined;
  const first = parser.parseCount();
  const count = first < 0 ? -1 : parser.parseCount();
  if (count < 0) return undefined;
  // Entries begin at a digit; the line end before them may have any form.
  if (count > 0) parser.skipSpace();
  return [first, count];
}

/** Reads entries of exactly 20 bytes, `nnnnnnnnnn ggggg n`, until one looks different. @returns how many it read */
function parseFixedEntries(bytes: Uint8Array, first: number, count: number, entries: TableEntries): number {
  for (let index = 0; index < count; index++) {
    const at = index * ENTRY_BYTES;
    const letter = bytes[at + 17];
    if (bytes[at + 10] !== 0x20 || bytes[at + 16] !== 0x20 || (letter !== 0x6e && letter !== 0x66)) return index;
    const last = bytes[at + 19];
    if (last !== 0x0a && last !== 0x0d && last !== 0x20) return index;
    const offset = digitsAt(bytes, at, 10);
    const gen = digitsAt(bytes, at + 11, 5);
    if (offset < 0 || gen < 0) return index;
    entries.add(first + index, letter === 0x6e, offset, gen);
  }
  return count;
}

function digitsAt(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const byte = bytes[at];
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte as number) - 0x30;
  }
  return value;
}

function parseLooseEntry(parser: ObjectParser): { inUse: boolean; offset: number; gen: number } | undefined {
  const offset = parser.parseCount();
  const gen = offset < 0 ? -1 : parser.parseCount();
  if (gen < 0) return undefined;
  const inUse = parser.takeWord('n');
  if (!inUse && !parser.takeWord('f')) return undefined;
  parser.skipSpace();
  return { inUse, offset, gen };
}

/** Some writers begin the first subsection with 1 although its first entry is the head of the free list, object 0. */
function shiftTableThatStartsAtOne({ numbers, inUse, offsets, gens }: TableEntries, first: number, count: number): void {
  const from = numbers.length - count;
  if (first !== 1 || inUse[from] !== false || offsets[from] !== 0 || gens[from] !== 65_535) return;
  for (let index = from; index < numbers.length; index++) numbers[index] = (numbers[index] as number) - 1;
}

/**
 * Puts the entries of a table into the object table; `inUse` picks which of them. Offset 0 cannot hold an object: it means free. What the
 * table itself calls free is left out, so that an older section may still have it: when something refers to it after all, PDFium, poppler
 * and MuPDF show the old object. In the stream of a hybrid or newer file they take it for null.
 */
export function addTableEntries({ table, shift }: PdfDocument, entries: TableEntries, inUse: boolean): void {
  for (let index = 0; index < entries.numbers.length; index++) {
    if (entries.inUse[index] !== true) continue;
    const offset = entries.offsets[index] as number;
    const isPlain = offset > 0;
    if (isPlain === inUse)
      table.add(entries.numbers[index] as number, isPlain ? PLAIN : FREE, offset + shift, entries.gens[index] as number);
  }
}
