import type { DocumentLayout } from '@pageswarm/contracts';

export interface OutlineParams {
  readonly maxPages: number;
}

/** What a document says of its own order. */
export type OutlineValue = Pick<DocumentLayout, 'outline' | 'pageLabels'>;
