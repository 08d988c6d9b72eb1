/** A picture without compression. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** Four bytes a pixel: red, green, blue, alpha; rows from the top. */
  readonly pixels: Uint8Array;
}
