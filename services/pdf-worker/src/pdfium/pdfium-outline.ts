import { MAX_OUTLINE_DEPTH, MAX_OUTLINE_ENTRIES, MAX_OUTLINE_TITLE_LENGTH, type OutlineEntry } from '@pageswarm/contracts';
import { tidyMetaText } from './meta-text.ts';
import type { PdfiumRuntime } from './pdfium-runtime.ts';

/** PDFACTION_GOTO of fpdf_doc.h. */
const GO_TO = 1;
/** The root of the outline, in the place of a bookmark. */
const ROOT = 0;

/**
 * The outline of an open document (PDF 32000-1 section 12.3.3) in reading order; null if it has none. Entries that were met
 * before end their level, since outlines are made to go round in circles too.
 * @param onEntry called for each entry, as a sign of progress
 */
export function readOutline(runtime: PdfiumRuntime, document: number, pages: number, onEntry: () => void): OutlineEntry[] | null {
  const entries: OutlineEntry[] = [];
  const seen = new Set<number>();
  const firstOf = (bookmark: number) => runtime.call((module) => module._FPDFBookmark_GetFirstChild(document, bookmark));
  /** What comes next on each level, the deepest last. */
  const open = [firstOf(ROOT)];
  while (open.length > 0 && entries.length < MAX_OUTLINE_ENTRIES) {
    const bookmark = open.pop() as number;
    if (bookmark === 0 || seen.has(bookmark)) continue;
    seen.add(bookmark);
    const title = runtime.text((module, buffer, length) => module._FPDFBookmark_GetTitle(bookmark, buffer, length));
    const level = open.length + 1;
    entries.push({
      level,
      title: tidyMetaText(title ?? '', MAX_OUTLINE_TITLE_LENGTH) ?? '',
      page: pageOf(runtime, document, bookmark, pages),
    });
    open.push(runtime.call((module) => module._FPDFBookmark_GetNextSibling(document, bookmark)));
    if (level < MAX_OUTLINE_DEPTH) open.push(firstOf(bookmark));
    onEntry();
  }
  return entries.length > 0 ? entries : null;
}

function pageOf(runtime: PdfiumRuntime, document: number, bookmark: number, pages: number): number | null {
  const index = runtime.call((module) => {
    const direct = module._FPDFBookmark_GetDest(document, bookmark);
    if (direct !== 0) return module._FPDFDest_GetDestPageIndex(document, direct);
    const action = module._FPDFBookmark_GetAction(bookmark);
    // Other kinds of action lead to other documents, though they may have a destination too.
    if (action === 0 || module._FPDFAction_GetType(action) !== GO_TO) return -1;
    const destination = module._FPDFAction_GetDest(document, action);
    return destination === 0 ? -1 : module._FPDFDest_GetDestPageIndex(document, destination);
  });
  return index >= 0 && index < pages ? index + 1 : null;
}
