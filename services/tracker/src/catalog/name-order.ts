import { VarintReader } from '../columns/varint.ts';
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

/**
 * Compares the names of two descriptions as their keys would, as long as both are in ASCII.
 * @returns undefined if one is not
 */
export function compareAsciiNames(a: Uint8Array, startA: number, b: Uint8Array, startB: number): number | undefined {
  const readerA = new VarintReader(a, startA);
  const readerB = new VarintReader(b, startB);
  readerA.next();
  readerB.next();
  const lengthA = readerA.next();
  const lengthB = readerB.next();
  let order = 0;
  for (let n = 0; n < lengthA || n < lengthB; n++) {
    const letterA = n < lengthA ? (a[readerA.at + n] as number) : 0;
    const letterB = n < lengthB ? (b[readerB.at + n] as number) : 0;
    if (letterA >= 128 || letterB >= 128) return undefined;
    if (order === 0 && n < MAX_NAME_KEY_LENGTH) order = lowerCase(letterA) - lowerCase(letterB);
  }
  return order || Math.min(lengthA, MAX_NAME_KEY_LENGTH) - Math.min(lengthB, MAX_NAME_KEY_LENGTH);
}

function lowerCase(letter: number): number {
  return letter >= 65 && letter <= 90 ? letter + 32 : letter;
}
