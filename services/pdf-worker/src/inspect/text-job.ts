export interface TextParams {
  readonly maxPages: number;
}

/** What PDFium found in a document. */
export interface TextValue {
  readonly pages: number;
  /** Whitespace-separated tokens of each page's text. */
  readonly words: readonly number[];
  readonly title: string | null;
  readonly author: string | null;
  readonly encrypted: boolean;
  readonly extractor: string;
}
