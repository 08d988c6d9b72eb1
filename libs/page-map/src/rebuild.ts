import { Buffer } from 'node:buffer';
import { CHARACTER_CLASS, isDigit, WHITE_SPACE } from './characters.ts';
import { COMPRESSED, PLAIN } from './object-table.ts';
import type { PdfDocument } from './pdf-document.ts';
import { type IndirectObject, isInteger, PdfDictionary, PdfRef } from './pdf-values.ts';

const OBJ = Buffer.from('obj', 'latin1');
const TRAILER = Buffer.from('trailer', 'latin1');
/** How far before the word `obj` its two numbers may begin, in bytes. */
const MAX_OBJECT_HEAD_BYTES = 40;

/**
 * Finds every object by reading the whole file, when the cross-reference data are missing or wrong. The last object of a number counts.
 * Streams whose /Length is right are stepped over, so that a PDF inside an attachment does not mix its objects in.
 */
export async function rebuildTable(document: PdfDocument): Promise<void> {
  document.rebuilt = true;
  document.shift = 0;
  const containers: IndirectObject[] = [];
  const xrefDictionaries: PdfDictionary[] = [];
  let catalog: number | undefined;
  await scanObjects(document, async (offset) => {
    const object = await document.reader.objectAt(offset, async () => undefined);
    if (!object) return undefined;
    document.table.replace(object.num, PLAIN, offset, object.gen);
    if (!(object.value instanceof PdfDictionary)) return undefined;
    const type = object.value.get('Type');
    if (type === 'Catalog') catalog = object.num;
    if (type === 'ObjStm') containers.push(object);
    if (type === 'XRef' && object.stream) xrefDictionaries.push(object.value);
    return stepOver(object);
  });
  document.trailer = await chooseTrailer(document, xrefDictionaries, catalog);
  await document.openEncryption();
  for (const container of containers) await addCompressed(document, container);
  if (!(await document.resolveDictionary(document.trailer.get('Root')))) await adoptCompressedCatalog(document);
}

/** Where to go on after an object: behind its stream if its direct /Length was right. */
function stepOver(object: IndirectObject): number | undefined {
  const length = object.value instanceof PdfDictionary ? object.value.get('Length') : undefined;
  return object.stream && isInteger(length) && object.stream.end - object.stream.start === length ? object.end : undefined;
}

/** Calls `found` with the offset of each `num gen obj`; where that gives an offset, the scan goes on there. */
async function scanObjects(document: PdfDocument, found: (offset: number) => Promise<number | undefined>): Promise<void> {
  let at = 0;
  for (;;) {
    const word = await document.reader.search(OBJ, at);
    if (word < 0) return;
    at = word + OBJ.length;
    const from = Math.max(0, word - MAX_OBJECT_HEAD_BYTES);
    const head = await document.blocks.range(from, word);
    const length = objectHeadLength(head);
    if (length > 0) at = Math.max(at, (await found(word - length)) ?? at);
  }
}

/** How many of the last bytes of `head` are `num gen ` in front of the word `obj`; 0 if they are not. */
function objectHeadLength(head: Uint8Array): number {
  let at = head.length;
  const skip = (accepts: (byte: number | undefined) => boolean): number => {
    const before = at;
    while (at > 0 && accepts(head[at - 1])) at--;
    return before - at;
  };
  const isSpace = (byte: number | undefined): boolean => CHARACTER_CLASS[byte as number] === WHITE_SPACE;
  skip(isSpace);
  if (skip(isDigit) === 0 || skip(isSpace) === 0 || skip(isDigit) === 0) return 0;
  return head.length - at;
}

async function addCompressed(document: PdfDocument, container: IndirectObject): Promise<void> {
  const stream = await document.decodeObjectStream(container);
  const slot = document.table.slotOf(container.num);
  // An object stream whose number was used again later cannot be reached by that number any more.
  if (!stream || slot === undefined || document.table.positions[slot] !== container.start) return;
  for (const [index, num] of stream.numbers.entries()) {
    const known = document.table.slotOf(num);
    const isNewer =
      known === undefined || document.table.kinds[known] === COMPRESSED || (document.table.positions[known] as number) < container.start;
    if (isNewer && num !== container.num) document.table.replace(num, COMPRESSED, container.num, index);
  }
}

/** The last trailer that names a root which exists; otherwise one made of the catalog that the scan met. */
async function chooseTrailer(
  document: PdfDocument,
  xrefDictionaries: PdfDictionary[],
  catalog: number | undefined,
): Promise<PdfDictionary> {
  const trailers = [...xrefDictionaries];
  for (let at = await document.reader.search(TRAILER, 0); at >= 0; at = await document.reader.search(TRAILER, at + TRAILER.length)) {
    const trailer = await document.reader.valueAt(at + TRAILER.length);
    if (trailer?.value instanceof PdfDictionary) {
      trailers.push(trailer.value);
      document.structureSpans.push([at, trailer.end]);
    }
  }
  const usable = trailers.filter((trailer) => trailer.get('Root') instanceof PdfRef);
  const chosen = usable.findLast((trailer) => document.table.slotOf((trailer.get('Root') as PdfRef).num) !== undefined) ?? usable.at(-1);
  const result = new PdfDictionary();
  if (catalog !== undefined && !(chosen && document.table.slotOf((chosen.get('Root') as PdfRef).num) !== undefined))
    result.add('Root', new PdfRef(catalog, 0));
  for (const source of [chosen, ...trailers.reverse()])
    for (const key of ['Root', 'Encrypt', 'ID']) {
      const value = source?.get(key);
      if (value !== undefined && !result.has(key)) result.add(key, value);
    }
  return result;
}

/** Without a usable root, an object of /Type /Catalog inside an object stream may be one. */
async function adoptCompressedCatalog(document: PdfDocument): Promise<void> {
  const { table } = document;
  for (let slot = 0; slot < table.size; slot++) {
    const num = table.numbers[slot] as number;
    const value = (await document.load(num))?.value;
    if (value instanceof PdfDictionary && value.get('Type') === 'Catalog') document.trailer.add('Root', new PdfRef(num, 0));
  }
}

/** All objects that call themselves pages, or else look like pages, in file order: the last resort when the tree leads nowhere. */
export async function findStrayPages(document: PdfDocument): Promise<IndirectObject[]> {
  const pages: IndirectObject[] = [];
  const likely: IndirectObject[] = [];
  for (const num of [...document.table.numbers]) {
    const object = await document.load(num);
    if (!(object?.value instanceof PdfDictionary) || object.stream) continue;
    if (object.value.get('Type') === 'Page') pages.push(object);
    else if (looksLikePage(object.value)) likely.push(object);
    if (Math.max(pages.length, likely.length) >= document.meter.limits.maxPages) break;
  }
  return pages.length > 0 ? pages : likely;
}

function looksLikePage(dictionary: PdfDictionary): boolean {
  const hasPageKey = ['MediaBox', 'Contents', 'Resources'].some((key) => dictionary.has(key));
  return hasPageKey && dictionary.get('Parent') instanceof PdfRef && !dictionary.has('Kids');
}
