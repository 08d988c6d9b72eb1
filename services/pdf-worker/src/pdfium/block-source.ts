/** Bytes that PDFium can read by range without waiting. */
export interface BlockSource {
  readonly size: number;
  /** Fills `target` from `offset`, or throws. */
  readInto(offset: number, target: Uint8Array): void;
}
