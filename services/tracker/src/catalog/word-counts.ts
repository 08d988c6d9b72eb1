import { LONGEST_VARINT, VarintReader, writeVarint } from '../columns/varint.ts';

let scratch = new Uint8Array(1_024);

/**
 * Words of each page as bytes: how many pages, then the count of each, all varints: one byte for a page of up to 127
 * words, two for one of up to 16,383.
 * @returns bytes that the next call writes over
 */
export function encodeWordCounts(words: readonly number[]): Uint8Array {
  const most = (words.length + 1) * LONGEST_VARINT;
  if (scratch.length < most) scratch = new Uint8Array(most * 2);
  let end = writeVarint(scratch, 0, words.length);
  for (const count of words) end = writeVarint(scratch, end, count);
  return scratch.subarray(0, end);
}

/** The other way round, from where the bytes begin. */
export function decodeWordCounts(bytes: Uint8Array, start: number): number[] {
  const reader = new VarintReader(bytes, start);
  return Array.from({ length: reader.next() }, () => reader.next());
}
