import { MAX_VARINT_BYTES, VarintReader, writeVarint } from '../columns/varint.ts';
import { foldText } from '../search/fold.ts';

/** How much of a name decides where it stands among others, in characters: a cursor carries it. */
export const MAX_NAME_KEY_LENGTH = 96;

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What orders a name: folded, its beginning only, without half a character at its end, for a cursor carries it as UTF-8. */
export function nameKey(name: string): string {
  return foldText(name.slice(0, 2 * MAX_NAME_KEY_LENGTH))
    .slice(0, MAX_NAME_KEY_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '');
}

/** A text behind its length, as names are kept. */
export function nameBytes(name: string): Uint8Array {
  const text = Buffer.from(name);
  const bytes = new Uint8Array(MAX_VARINT_BYTES + text.length);
  bytes.set(text, writeVarint(bytes, 0, text.length));
  return bytes;
}

/**
 * Compares two names, each behind its length, as their keys would compare, without making texts.
 * @returns undefined if a letter outside of ASCII comes before they differ
 */
export function compareNameBytes(a: Uint8Array, startA: number, b: Uint8Array, startB: number): number | undefined {
  const readerA = new VarintReader(a, startA);
  const readerB = new VarintReader(b, startB);
  const lengthA = readerA.next();
  const lengthB = readerB.next();
  for (let n = 0; n < MAX_NAME_KEY_LENGTH && (n < lengthA || n < lengthB); n++) {
    const letterA = n < lengthA ? (a[readerA.at + n] as number) : -1;
    const letterB = n < lengthB ? (b[readerB.at + n] as number) : -1;
    if (letterA >= 128 || letterB >= 128) return undefined;
    const order = lowerCase(letterA) - lowerCase(letterB);
    if (order !== 0) return order;
  }
  return 0;
}

function lowerCase(letter: number): number {
  return letter >= 65 && letter <= 90 ? letter + 32 : letter;
}
