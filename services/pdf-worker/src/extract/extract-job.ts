import type { PublishedMap } from './page-view.ts';

export interface ExtractParams {
  /** Pages as people write them, for example "3-7". */
  readonly pages: string;
  readonly map?: PublishedMap;
}

/** The PDF is the output beside it. */
export interface ExtractValue {
  readonly pages: number;
}
