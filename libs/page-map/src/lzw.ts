import { inflatesTooFar } from './limits.ts';

const CLEAR_TABLE = 256;
const END_OF_DATA = 257;
const MAX_CODES = 4_096;

/**
 * LZWDecode (ISO 32000-1, 7.4.4).
 * @param earlyChange 1 when codes grow one code early, as most writers do
 * @returns what could be read until the data end or break
 * @throws UnmappableError if that is more than `maxBytes`
 */
export function decodeLzw(data: Uint8Array, earlyChange: number, maxBytes: number): Uint8Array {
  // Each code stands for an earlier part of the output: its start and its length.
  const starts = new Int32Array(MAX_CODES);
  const lengths = new Int32Array(MAX_CODES);
  let output = new Uint8Array(Math.min(maxBytes, Math.max(1_024, data.length * 4)));
  let length = 0;
  let next = END_OF_DATA + 1;
  let width = 9;
  let bits = 0;
  let bitCount = 0;
  let previous = -1;
  for (let at = 0; ; ) {
    while (bitCount < width && at < data.length) {
      bits = ((bits << 8) | (data[at++] as number)) & 0xffffff;
      bitCount += 8;
    }
    if (bitCount < width) break;
    bitCount -= width;
    const code = (bits >> bitCount) & ((1 << width) - 1);
    if (code === END_OF_DATA) break;
    if (code === CLEAR_TABLE) {
      next = END_OF_DATA + 1;
      width = 9;
      previous = -1;
      continue;
    }
    if (code > next || (code === next && previous < 0)) break;
    // A code that is not in the table yet is the previous part and that part's first byte again.
    const isNew = code === next;
    const before = previous < 0 ? 0 : previous < 256 ? 1 : (lengths[previous] as number);
    const part = isNew ? before + 1 : code < 256 ? 1 : (lengths[code] as number);
    if (length + part > maxBytes) throw inflatesTooFar(maxBytes);
    if (length + part > output.length) {
      const larger = new Uint8Array(Math.min(maxBytes, Math.max(output.length * 2, length + part)));
      larger.set(output);
      output = larger;
    }
    const start = length;
    if (code < 256) output[length++] = code;
    else {
      const from = isNew ? start - before : (starts[code] as number);
      for (let index = 0; index < part; index++) output[length++] = output[from + index] as number;
    }
    if (previous >= 0 && next < MAX_CODES) {
      // The new code is the previous part, which stands just before this one, and this one's first byte.
      starts[next] = start - before;
      lengths[next] = before + 1;
      next++;
    }
    if (next + earlyChange >= 1 << width && width < 12) width++;
    previous = code;
  }
  return output.subarray(0, length);
}
