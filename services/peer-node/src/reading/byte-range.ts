/** A range of bytes: from `start` up to, without, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The most ranges that one request may name; a request with more gets the whole. */
export const MAX_BYTE_RANGES = 32;

/**
 * Reads a Range header (RFC 9110, section 14.1.2).
 * @returns the ranges that lie inside; none if all lie beyond (416); undefined if the header is absent or not understood,
 *   so that the whole is sent
 */
export function parseByteRanges(header: string | undefined, size: number): ByteRange[] | undefined {
  const set = /^bytes=(.+)$/.exec(header?.trim() ?? '')?.[1]?.split(',');
  if (!set || set.length > MAX_BYTE_RANGES) return undefined;
  const ranges: ByteRange[] = [];
  for (const spec of set) {
    const match = /^\s*(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))\s*$/.exec(spec);
    if (!match) return undefined;
    const [, first, last, suffix] = match;
    const start = first === undefined ? Math.max(0, size - Number(suffix)) : Number(first);
    const end = first === undefined || last === undefined ? size : Math.min(Number(last) + 1, size);
    if (first !== undefined && last !== undefined && Number(last) < Number(first)) return undefined;
    if (start < end) ranges.push({ start, end });
  }
  return ranges;
}
