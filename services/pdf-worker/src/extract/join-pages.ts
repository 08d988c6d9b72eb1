import { PageSwarmError } from '@pageswarm/primitives';
import { PDFDocument, PDFName, PDFObjectCopier, PDFPage, type PDFPageLeaf, PDFStream } from 'pdf-lib';
import { addOptionalContent } from './optional-content.ts';

/**
 * Joins one-page views of one document into one PDF. Views keep the object numbers of their document, so what two pages
 * share (fonts, images) is recognised by its number and copied once.
 * @throws PageSwarmError PDF_UNREADABLE
 */
export function joinViews(views: readonly Uint8Array[], onPage: () => void): Promise<Uint8Array> {
  return withoutComplaints(() => join(views, onPage));
}

/**
 * Copies pages (numbers from 1) out of a whole document.
 * @throws PageSwarmError PAGE_NOT_FOUND or PDF_UNREADABLE
 */
export function copyPages(bytes: Uint8Array, numbers: readonly number[], onPage: () => void): Promise<Uint8Array> {
  return withoutComplaints(() => copy(bytes, numbers, onPage));
}

/**
 * Puts all pages of all these PDFs, in order, into one. Object numbers of different documents have nothing to do with each
 * other, so nothing is shared between them.
 * @throws PageSwarmError PDF_UNREADABLE
 */
export async function joinDocuments(documents: readonly Uint8Array[], onPage: () => void): Promise<{ bytes: Uint8Array; pages: number }> {
  let pages = 0;
  const bytes = await withoutComplaints(async () => {
    const target = await PDFDocument.create({ updateMetadata: false });
    for (const part of documents) {
      const source = await openForCopy(part);
      addPages(
        target,
        source,
        source.getPages().map(({ node }) => node),
      );
      onPage();
    }
    pages = target.getPageCount();
    return target.save({ updateFieldAppearances: false });
  });
  return { bytes, pages };
}

async function join(views: readonly Uint8Array[], onPage: () => void): Promise<Uint8Array> {
  const target = await PDFDocument.create({ updateMetadata: false });
  const pages: PDFPageLeaf[] = [];
  let union: PDFDocument | undefined;
  for (const view of views) {
    const document = await openForCopy(view);
    removeCrossReferences(document);
    pages.push(withInheritedEntries(document.getPage(0).node));
    if (union)
      for (const [reference, object] of document.context.enumerateIndirectObjects())
        if (union.context.lookup(reference) === undefined) union.context.assign(reference, object);
    union ??= document;
    onPage();
  }
  if (!union) throw new RangeError('There is no view to join');
  addPages(target, union, pages, onPage);
  return target.save({ updateFieldAppearances: false });
}

async function copy(bytes: Uint8Array, numbers: readonly number[], onPage: () => void): Promise<Uint8Array> {
  const source = await openForCopy(bytes);
  onPage();
  const count = source.getPageCount();
  if (numbers.some((number) => number > count)) throw new PageSwarmError('PAGE_NOT_FOUND', `This PDF has ${count} pages`);
  const target = await PDFDocument.create({ updateMetadata: false });
  addPages(
    target,
    source,
    numbers.map((number) => withInheritedEntries(source.getPage(number - 1).node)),
  );
  onPage();
  return target.save({ updateFieldAppearances: false });
}

/** Copies pages with all they refer to, and what the catalog says of their layers; what they share is copied once. */
function addPages(target: PDFDocument, source: PDFDocument, pages: readonly PDFPageLeaf[], onPage = () => {}): void {
  const copier = PDFObjectCopier.for(source.context, target.context);
  for (const page of pages) {
    const copy = copier.copy(page);
    target.addPage(PDFPage.of(copy, target.context.register(copy), target));
    onPage();
  }
  addOptionalContent(target, source, copier);
}

/** pdf-lib throws plain errors about what it cannot read. Errors of memory and stack are left as they are. */
async function withoutComplaints(action: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof RangeError || error instanceof PageSwarmError) throw error;
    const reason = error instanceof Error ? error.message.slice(0, 200) : 'unknown';
    throw new PageSwarmError('PDF_UNREADABLE', `These pages cannot be cut out of this PDF: ${reason}`, { cause: error });
  }
}

/** The empty password opens what is encrypted but open to everybody. */
function openForCopy(bytes: Uint8Array): Promise<PDFDocument> {
  return PDFDocument.load(bytes, { password: '', updateMetadata: false, throwOnInvalidObject: false });
}

/** The cross-reference stream of a view has a number that is free in this view; another view may have an object of the document there. */
function removeCrossReferences({ context }: PDFDocument): void {
  const type = PDFName.of('XRef');
  for (const [reference, object] of context.enumerateIndirectObjects())
    if (object instanceof PDFStream && object.dict.get(PDFName.of('Type')) === type) context.delete(reference);
}

/** Entries that a page may take from the nodes above it (PDF 32000-1 section 7.7.3.4); the copy has other nodes above it. */
function withInheritedEntries(page: PDFPageLeaf): PDFPageLeaf {
  for (const name of ['Resources', 'MediaBox', 'CropBox', 'Rotate'].map((entry) => PDFName.of(entry))) {
    const inherited = page.getInheritableAttribute(name);
    if (page.get(name) === undefined && inherited) page.set(name, inherited);
  }
  return page;
}
