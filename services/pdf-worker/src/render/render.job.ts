import { pageViewOf, readMap } from '../extract/page-view.ts';
import type { BlockSource } from '../pdfium/block-source.ts';
import { MemoryBlocks } from '../pdfium/memory-blocks.ts';
import { loadPdfium } from '../pdfium/pdfium-library.ts';
import type { JobAnswer, JobSurroundings } from '../pool/job-runner.ts';
import { encodePng } from './png.ts';
import type { RenderParams, RenderValue } from './render-job.ts';

/**
 * Draws one page. A generated view is drawn, since making it reads the bytes of that page alone; a document without a
 * readable structure is given to PDFium as it is, which reads what it needs of it.
 */
export async function runRenderJob(params: RenderParams, surroundings: JobSurroundings): Promise<JobAnswer<RenderValue>> {
  const { document, memoryBytes } = surroundings;
  const library = await loadPdfium(memoryBytes);
  const view = await pageViewOf(document, params.page, readMap(params.map, document));
  const source: BlockSource = view ? new MemoryBlocks(view) : document;
  const opened = library.open(source);
  const bitmap = opened.render(view ? 0 : params.page - 1, params.width);
  opened.close();
  surroundings.progress();
  const { width, height } = bitmap;
  return { value: { width, height }, output: encodePng(bitmap) };
}
