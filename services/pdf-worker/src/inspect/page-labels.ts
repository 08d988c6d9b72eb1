import type { PdfiumDocument } from '../pdfium/pdfium-document.ts';

/**
 * The label of each page; null if pages are simply counted. A document that labels its pages labels the first.
 * @param onLabel called for each label, as a sign of progress
 */
export function readPageLabels(document: PdfiumDocument, pages: number, onLabel: () => void): string[] | null {
  if (pages < 1 || document.pageLabel(0) === null) return null;
  const labels: string[] = [];
  for (let index = 0; index < pages; index++) {
    labels.push(document.pageLabel(index) ?? '');
    onLabel();
  }
  return labels.every((label, index) => label === String(index + 1)) ? null : labels;
}
