export interface MapParams {
  readonly pieceLength: number;
}

/** What the page map says of itself and of the document; the encoded map is the output beside it. */
export interface MapValue {
  readonly pageCount: number;
  readonly mapped: boolean;
  /** Why the map is linear. */
  readonly reason: string | null;
  readonly encrypted: boolean;
  readonly needsPassword: boolean;
}
