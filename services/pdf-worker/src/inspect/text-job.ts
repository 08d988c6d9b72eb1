import type { DocumentLayout } from '@pageswarm/contracts';

export interface TextParams {
  readonly maxPages: number;
}

/** What PDFium found in a document; the encoded texts of its pages are the output beside it. */
export interface TextValue extends DocumentLayout {
  readonly pages: number;
  /** Whitespace-separated tokens of each page's text. */
  readonly words: readonly number[];
  readonly title: string | null;
  readonly author: string | null;
  readonly encrypted: boolean;
  readonly extractor: string;
}
