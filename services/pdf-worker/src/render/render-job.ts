import type { PublishedMap } from '../extract/page-view.ts';

export interface RenderParams {
  /** Page number from 1. */
  readonly page: number;
  /** Wanted width in pixels. */
  readonly width: number;
  readonly map?: PublishedMap;
}

/** Size in pixels of the PNG that is the output beside it. */
export interface RenderValue {
  readonly width: number;
  readonly height: number;
}
