import type { PdfiumDocument } from '../pdfium/pdfium-document.ts';
import { loadPdfium } from '../pdfium/pdfium-library.ts';
import type { JobAnswer, JobSurroundings } from '../pool/job-runner.ts';
import type { OutlineParams, OutlineValue } from './outline-job.ts';

/** How many entries or labels are read between two signs of progress. */
const STEPS_PER_PROGRESS = 64;

/** Reads the outline and the page labels: apart from the words, which must not be lost to an outline that kills its reader. */
export async function runOutlineJob({ maxPages }: OutlineParams, surroundings: JobSurroundings): Promise<JobAnswer<OutlineValue>> {
  const { document: source, memoryBytes, progress } = surroundings;
  const library = await loadPdfium(memoryBytes);
  const document = library.open(source);
  let steps = 0;
  const step = () => {
    if (++steps % STEPS_PER_PROGRESS === 0) progress();
  };
  const outline = document.outline(step);
  const pageLabels = labelsOf(document, Math.min(document.pageCount, maxPages), step);
  document.close();
  return { value: { outline, pageLabels } };
}

/** A document that labels its pages labels the first; labels that only count say nothing. */
function labelsOf(document: PdfiumDocument, pages: number, step: () => void): string[] | null {
  if (pages < 1 || document.pageLabel(0) === null) return null;
  const labels: string[] = [];
  for (let index = 0; index < pages; index++) {
    labels.push(document.pageLabel(index) ?? '');
    step();
  }
  return labels.every((label, index) => label === String(index + 1)) ? null : labels;
}
