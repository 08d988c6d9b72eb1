import { Buffer } from 'node:buffer';
import { type ByteSource, PageSwarmError } from '@pageswarm/primitives';
import { BlockReader, SourceError, VIEW_BLOCK_BYTES } from './byte-window.ts';
import { ClosureWalker } from './closures.ts';
import { DamagedXrefError, DEFAULT_PAGE_MAP_LIMITS, type PageMapLimits, PasswordError, UnmappableError } from './limits.ts';
import { KNOWN_BARRIER, ObjectGraph } from './object-graph.ts';
import { COMPRESSED } from './object-table.ts';
import { withDocument } from './open-document.ts';
import { locatePage } from './page-location.ts';
import type { PageMap } from './page-map.ts';
import { isMissing, type PageEntry } from './page-tree.ts';
import type { PdfDocument } from './pdf-document.ts';
import { formatValue, type IndirectObject, PdfDictionary, PdfRef } from './pdf-values.ts';
import { structureReferences } from './structure-references.ts';
import { generationOf, highestNumber, planViewTree, withEntry } from './view-tree.ts';
import { ViewWriter } from './view-writer.ts';

const END_OF_STREAM = 'endstream';

export interface PageViewOptions {
  readonly limits?: Partial<PageMapLimits>;
  /** The map of the document: with it only the structure and the closure of this page are read. */
  readonly map?: Pick<PageMap, 'mapped' | 'pageCount' | 'pageObjects' | 'details'>;
  /** How many bytes are read at a time; no read begins in one multiple of it and ends in another where a page needs only one. @default 16,384 */
  readonly blockBytes?: number;
}

/**
 * A PDF of one page, made of the unchanged objects that the page needs: they keep their numbers, so encryption still works. The page tree
 * has one kid, the cross-reference section is new, and what the page mentions but does not need is listed as free.
 * @param pageIndex from 0
 * @throws PageSwarmError PAGE_NOT_FOUND, PDF_UNREADABLE or PDF_PASSWORD; rejects also with what the byte source rejects with
 */
export async function generatePageView(source: ByteSource, pageIndex: number, options: PageViewOptions = {}): Promise<Uint8Array> {
  const limits = { ...DEFAULT_PAGE_MAP_LIMITS, ...options.limits };
  const blocks = new BlockReader(source, options.blockBytes ?? VIEW_BLOCK_BYTES, limits.maxCacheBytes);
  const map = options.map?.mapped ? options.map : undefined;
  try {
    const isPossible = Number.isSafeInteger(pageIndex) && pageIndex >= 0 && pageIndex < (map?.pageCount ?? limits.maxPages);
    const use = viewOf(pageIndex, map?.pageObjects ?? []);
    const view = isPossible ? await withDocument(blocks, limits, use, map?.details.rebuilt) : undefined;
    if (view) return view;
  } catch (error) {
    if (error instanceof SourceError) throw error.cause;
    if (error instanceof PasswordError) throw new PageSwarmError('PDF_PASSWORD', `The document cannot be read: ${error.message}`);
    const why = error instanceof UnmappableError || error instanceof DamagedXrefError ? error.message : 'its structure could not be read';
    throw new PageSwarmError('PDF_UNREADABLE', `The document cannot be read: ${why}`, { cause: error });
  }
  throw new PageSwarmError('PAGE_NOT_FOUND', `The document has no page ${pageIndex + 1}`);
}

function viewOf(index: number, pageObjects: readonly number[]): (document: PdfDocument) => Promise<Uint8Array | undefined> {
  return async (document) => {
    const page = await locatePage(document, index, pageObjects[index] ?? 0);
    if (page && isMissing(page)) throw new UnmappableError('nothing stands where the page should be');
    return page && writeView(document, page, pageObjects);
  };
}

/** @param otherPages numbers of the objects that are known to be pages: a link to one is not followed, and so its bytes are not read */
async function writeView(document: PdfDocument, page: PageEntry, otherPages: readonly number[]): Promise<Uint8Array> {
  const { shallow, deep } = await structureReferences(document);
  const graph = new ObjectGraph(document, false);
  for (const num of [...shallow, ...otherPages]) {
    const slot = graph.slotOf(num);
    if (slot !== undefined) graph.barriers[slot] = KNOWN_BARRIER;
  }
  const pageSlot = page.object && graph.slotOf(page.node.num);
  if (page.object && pageSlot !== undefined) await graph.putPage(pageSlot, page.object);
  const walker = new ClosureWalker(graph);
  await walker.walkPage(page, pageSlot);
  await walker.walk(graph.slotsOf(deep), false);

  const numbers = new Set([...shallow, ...walker.reached.map((slot) => document.table.numbers[slot] as number)]);
  if (page.object) numbers.add(page.node.num);
  const { root, rewritten } = await planViewTree(document, page, numbers);
  const version = document.pdfVersion ?? '1.7';
  const writer = new ViewWriter(version < '1.5' ? '1.5' : version, document.meter.limits.maxViewBytes);
  await addKept(
    document,
    writer,
    [...numbers].filter((num) => !rewritten.has(num)),
  );
  for (const [num, value] of rewritten) writer.addValue(num, generationOf(document, num), value);
  const trailer = new PdfDictionary();
  trailer.add('Root', root);
  for (const key of ['Encrypt', 'ID']) {
    const value = document.trailer.get(key);
    if (value !== undefined) trailer.add(key, value);
  }
  return writer.finish(trailer, highestNumber(document));
}

/** Adds objects as they are. One from an object stream becomes an object of its own, unless the stream as a whole is encrypted. */
async function addKept(document: PdfDocument, writer: ViewWriter, numbers: readonly number[]): Promise<void> {
  const containers = new Set<number>();
  for (const num of [...numbers].sort((a, b) => a - b)) {
    const object = await document.load(num);
    if (!object) continue;
    if (object.container === undefined) await addRaw(document, writer, object);
    else if (document.decryption) containers.add(object.container);
    else {
      const stream = await document.objectStream(object.container);
      if (stream) writer.addText(num, 0, stream.bytes.subarray(object.start, object.end), object.value);
    }
  }
  for (const num of containers) await addContainer(document, writer, num);
}

/** Adds an object stream with all that lies in it: qpdf takes an object of the stream that has no entry of its own for damage. */
async function addContainer(document: PdfDocument, writer: ViewWriter, container: number): Promise<void> {
  const { table } = document;
  const stream = await document.objectStream(container);
  const object = await document.load(container);
  if (!stream || !object) return;
  for (const [index, num] of stream.numbers.entries()) {
    const slot = table.slotOf(num);
    if (slot === undefined || table.kinds[slot] !== COMPRESSED || table.positions[slot] !== container) continue;
    if (stream.indexOf(num, table.details[slot] as number) !== index) continue;
    writer.addCompressed(num, container, index, document.compressedAt(stream, index, container)?.value ?? null);
  }
  await addRaw(document, writer, object);
}

async function addRaw(document: PdfDocument, writer: ViewWriter, object: IndirectObject): Promise<void> {
  const start = object.start + object.indent;
  writer.checkRoom(object.end - start);
  const bytes = await document.blocks.range(start, object.end);
  const { num, gen, value, stream } = object;
  if (!stream || !(value instanceof PdfDictionary) || !(value.get('Length') instanceof PdfRef)) {
    writer.addRaw(num, gen, bytes, value);
    return;
  }
  // Some readers, pdf-lib among them, follow no /Length but search for the end, which they must not find within the data.
  const data = bytes.subarray(stream.start - start, stream.end - start);
  if (Buffer.from(data.buffer, data.byteOffset, data.length).includes(END_OF_STREAM)) {
    const dictionary = withEntry(value, 'Length', data.length);
    const head = Buffer.from(`${formatValue(dictionary)}\nstream\n`, 'latin1');
    writer.addText(num, gen, Buffer.concat([head, data, Buffer.from(`\n${END_OF_STREAM}`, 'latin1')]), dictionary);
  } else writer.addRaw(num, gen, bytes, value);
}
