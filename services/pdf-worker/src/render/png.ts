import { constants, deflateSync } from 'node:zlib';
import type { Bitmap } from '../pdfium/bitmap.ts';

/** The filter "up" (PNG section 9.2) alone: next to trying all five it costs a few percent of size and saves most of the time. */
const FILTER_UP = 2;
/** Deflate level: 6 makes pages a tenth smaller and takes three times as long. */
const DEFLATE_LEVEL = 3;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Eight bits a channel, colour type 2 (RGB: pages are drawn on white, so there is no alpha to keep), not interlaced. */
const RGB_HEADER_END = [8, 2, 0, 0, 0];

/** Encodes a bitmap as PNG (ISO/IEC 15948): one IDAT chunk, every row filtered "up". */
export function encodePng(bitmap: Bitmap): Uint8Array {
  const { width, height } = bitmap;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set(RGB_HEADER_END, 8);
  const rows = deflateSync(filteredRows(bitmap), { level: DEFLATE_LEVEL, strategy: constants.Z_FILTERED });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

/** Rows of RGB, each a filter byte and its difference to the row above. */
function filteredRows({ width, height, pixels }: Bitmap): Uint8Array {
  const rows = new Uint8Array(height * (1 + 3 * width));
  const stride = 4 * width;
  let to = 0;
  for (let row = 0; row < height; row++) {
    rows[to++] = FILTER_UP;
    const end = (row + 1) * stride;
    for (let from = row * stride; from < end; from += 4) {
      const above = from - stride;
      // Above the first row all is zero; a typed array gives undefined there, and undefined counts as zero after `| 0`.
      rows[to] = (pixels[from] as number) - ((pixels[above] as number) | 0);
      rows[to + 1] = (pixels[from + 1] as number) - ((pixels[above + 1] as number) | 0);
      rows[to + 2] = (pixels[from + 2] as number) - ((pixels[above + 2] as number) | 0);
      to += 3;
    }
  }
  return rows;
}

/** Length, type, data, and the CRC-32 of type and data (PNG section 5.3). */
function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}
