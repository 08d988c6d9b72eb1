import { MAX_PAGE_SIZE_RUNS, type PageSizeRun } from '@pageswarm/contracts';
import type { PageSize } from '../pdfium/pdfium-document.ts';

/** Gathers the sizes of pages, one after another, into runs of the same size. */
export class PageSizeRuns {
  private readonly runs: { pages: number; readonly width: number; readonly height: number }[] = [];

  constructor(private readonly maxRuns = MAX_PAGE_SIZE_RUNS) {}

  add({ width, height }: PageSize): void {
    const last = this.runs.at(-1);
    if (last && last.width === width && last.height === height) last.pages++;
    else if (this.runs.length <= this.maxRuns) this.runs.push({ pages: 1, width, height });
  }

  /** @returns null if there are more runs than are told */
  finish(): PageSizeRun[] | null {
    return this.runs.length > this.maxRuns ? null : this.runs;
  }
}
