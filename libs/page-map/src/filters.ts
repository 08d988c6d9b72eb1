import { brotliDecompressSync, inflateRawSync, inflateSync, constants as zlib } from 'node:zlib';
import { decodeAscii85, decodeAsciiHex, decodeRunLength } from './ascii-filters.ts';
import { inflatesTooFar } from './limits.ts';
import { decodeLzw } from './lzw.ts';
import { isInteger, PdfDictionary, type PdfValue } from './pdf-values.ts';
import { undoPredictor } from './predictor.ts';

/** The most filters on one stream. */
export const MAX_FILTERS = 8;

/**
 * Undoes the filters of a stream (ISO 32000-1, 7.4) that structure is kept in.
 * @param filters names from the outermost on; `parameters` has their dictionaries at the same places
 * @param maxBytes the most bytes that each step may give
 * @returns undefined if a filter is unknown or the data are broken
 * @throws UnmappableError if the limit is crossed
 */
export function decodeStream(
  data: Uint8Array,
  filters: readonly PdfValue[],
  parameters: readonly (PdfValue | undefined)[],
  maxBytes: number,
): Uint8Array | undefined {
  if (filters.length > MAX_FILTERS) return undefined;
  let bytes: Uint8Array | undefined = data;
  for (const [index, filter] of filters.entries()) {
    const parameter = parameters[index];
    bytes = bytes && decodeOne(bytes, filter, parameter instanceof PdfDictionary ? parameter : undefined, maxBytes);
  }
  return bytes;
}

function decodeOne(data: Uint8Array, filter: PdfValue, parameters: PdfDictionary | undefined, maxBytes: number): Uint8Array | undefined {
  switch (filter) {
    case 'FlateDecode':
    case 'Fl':
      return undoPredictor(inflate(data, maxBytes), parameters);
    case 'LZWDecode':
    case 'LZW': {
      const early = parameters?.get('EarlyChange');
      return undoPredictor(decodeLzw(data, isInteger(early) ? early : 1, maxBytes), parameters);
    }
    case 'BrotliDecode':
      return undoPredictor(unbrotli(data, maxBytes), parameters);
    case 'ASCIIHexDecode':
    case 'AHx':
      return decodeAsciiHex(data);
    case 'ASCII85Decode':
    case 'A85':
      return decodeAscii85(data, maxBytes);
    case 'RunLengthDecode':
    case 'RL':
      return decodeRunLength(data, maxBytes);
    case 'Crypt':
      return data;
    default:
      return undefined;
  }
}

function inflate(data: Uint8Array, maxBytes: number): Uint8Array | undefined {
  // A sync flush takes truncated data for what they give; a wrong checksum alone is forgiven by reading without it.
  const options = { maxOutputLength: maxBytes, finishFlush: zlib.Z_SYNC_FLUSH };
  try {
    return inflateSync(data, options);
  } catch (error) {
    refuseBomb(error, maxBytes);
  }
  try {
    return inflateRawSync(data.subarray(2), options);
  } catch (error) {
    refuseBomb(error, maxBytes);
    return undefined;
  }
}

function unbrotli(data: Uint8Array, maxBytes: number): Uint8Array | undefined {
  try {
    return brotliDecompressSync(data, { maxOutputLength: maxBytes });
  } catch (error) {
    refuseBomb(error, maxBytes);
    return undefined;
  }
}

function refuseBomb(error: unknown, maxBytes: number): void {
  if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw inflatesTooFar(maxBytes);
}
