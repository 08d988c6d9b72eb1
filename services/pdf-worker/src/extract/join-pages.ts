import { PDFDocument, PDFName, PDFObjectCopier, PDFPage, type PDFPageLeaf } from 'pdf-lib';

/**
 * Joins one-page views of one document into one PDF. Views keep the object numbers of their document, so what two pages
 * share (fonts, images) is recognised by its number and copied once.
 */
export async function joinViews(views: readonly Uint8Array[], onPage: () => void): Promise<Uint8Array> {
  const target = await PDFDocument.create({ updateMetadata: false });
  const pages: PDFPageLeaf[] = [];
  let union: PDFDocument | undefined;
  for (const view of views) {
    const document = await openForCopy(view);
    pages.push(withInheritedEntries(document.getPage(0).node));
    if (union)
      for (const [reference, object] of document.context.enumerateIndirectObjects())
        if (union.context.lookup(reference) === undefined) union.context.assign(reference, object);
    union ??= document;
    onPage();
  }
  if (!union) throw new RangeError('There is no view to join');
  const copier = PDFObjectCopier.for(union.context, target.context);
  for (const page of pages) {
    const copy = copier.copy(page);
    target.addPage(PDFPage.of(copy, target.context.register(copy), target));
    onPage();
  }
  return target.save({ updateFieldAppearances: false });
}

/** Copies pages (indexes from 0) out of a whole document. */
export async function copyPages(bytes: Uint8Array, indexes: readonly number[], onPage: () => void): Promise<Uint8Array> {
  const source = await openForCopy(bytes);
  onPage();
  const target = await PDFDocument.create({ updateMetadata: false });
  for (const page of await target.copyPages(source, [...indexes])) target.addPage(page);
  onPage();
  return target.save({ updateFieldAppearances: false });
}

/** The empty password opens what is encrypted but open to everybody. */
function openForCopy(bytes: Uint8Array): Promise<PDFDocument> {
  return PDFDocument.load(bytes, { password: '', updateMetadata: false, throwOnInvalidObject: false });
}

/** Entries that a page may take from the nodes above it (PDF 32000-1 section 7.7.3.4); the copy has other nodes above it. */
function withInheritedEntries(page: PDFPageLeaf): PDFPageLeaf {
  for (const name of ['Resources', 'MediaBox', 'CropBox', 'Rotate'].map((entry) => PDFName.of(entry))) {
    const inherited = page.getInheritableAttribute(name);
    if (page.get(name) === undefined && inherited) page.set(name, inherited);
  }
  return page;
}
