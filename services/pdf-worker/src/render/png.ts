import { PNG } from 'pngjs';
import type { Bitmap } from '../pdfium/pdfium-document.ts';

/** The filter "up" (PNG section 9.2) alone: next to trying all five it costs a few percent of size and saves most of the time. */
const FILTER_UP = 2;
/** Deflate level: 6 makes pages a tenth smaller and takes three times as long. */
const DEFLATE_LEVEL = 3;
/** Colour type 2 is RGB: pages are drawn on white, so there is no alpha to keep. */
const RGB = 2;

/** Encodes a bitmap as PNG. */
export function encodePng({ width, height, pixels }: Bitmap): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length);
  return PNG.sync.write(png, { colorType: RGB, filterType: FILTER_UP, deflateLevel: DEFLATE_LEVEL, deflateStrategy: 0 });
}
