/** Classes of PDF characters (ISO 32000-1, 7.2.2). */
export const REGULAR = 0;
export const WHITE_SPACE = 1;
export const DELIMITER = 2;
export const CHARACTER_CLASS = new Uint8Array(256);
for (const byte of [0x00, 0x09, 0x0a, 0x0c, 0x0d, 0x20]) CHARACTER_CLASS[byte] = WHITE_SPACE;
for (const character of '()<>[]{}/%') CHARACTER_CLASS[character.charCodeAt(0)] = DELIMITER;

export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

const INTERNED_NAMES = 4_096;
const MAX_INTERNED_LENGTH = 40;
/** Names repeat thousands of times in one document; this table gives the same string for the same bytes without building it anew. */
const interned = new Array<string | undefined>(INTERNED_NAMES).fill(undefined);

/** The bytes from `start` to `end` as a string, one character per byte; `hash` is any hash of these bytes. */
export function internLatin1(bytes: Uint8Array, start: number, end: number, hash: number): string {
  const length = end - start;
  const slot = (hash ^ (hash >>> 12)) & (INTERNED_NAMES - 1);
  const known = interned[slot];
  if (known !== undefined && known.length === length) {
    let at = 0;
    while (at < length && known.charCodeAt(at) === bytes[start + at]) at++;
    if (at === length) return known;
  }
  const text = latin1(bytes, start, end);
  if (length <= MAX_INTERNED_LENGTH) interned[slot] = text;
  return text;
}

export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}
