import { LONGEST_VARINT, VarintReader, writeVarint } from '../columns/varint.ts';
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
  const bytes = new Uint8Array(LONGEST_VARINT + text.length);
  bytes.set(text, writeVarint(bytes, 0, text.length));
  return bytes;
}

/** Letters of one or two bytes in UTF-8 end here. */
const SHORT_LETTERS_END = 0x800;
/** A letter whose key is none, for it is a mark on the letter before. */
const MARK = 0xfffe;
/** A letter whose key is longer than one letter. */
const LONG = 0xffff;

/** The keys of all short letters. */
const KEYS = Uint16Array.from({ length: SHORT_LETTERS_END }, (_, letter) => {
  const key = foldText(String.fromCharCode(letter));
  return key.length === 1 ? key.charCodeAt(0) : key === '' ? MARK : LONG;
});

/** How many letters of a key are in a {@link nameHead}. */
const HEAD_LETTERS = 4;
/** In a head: a letter that does not fit, or is not known without making a text. */
const UNKNOWN = 255;

/** The first four letters of a name's key as one number: most names are in order by these alone. */
export function nameHead(bytes: Uint8Array, start: number): number {
  const reader = new VarintReader(bytes, start);
  const end = reader.next() + reader.at;
  let head = 0;
  let letters = 0;
  for (let at = reader.at; at < end && letters < HEAD_LETTERS; ) {
    const key = keyAt(bytes, at);
    if (key !== MARK) {
      head = (head << 8) | Math.min(key, UNKNOWN);
      letters++;
      if (key >= UNKNOWN) break;
    }
    at += (bytes[at] as number) < 128 ? 1 : 2;
  }
  return (letters === 0 ? 0 : head << (8 * (HEAD_LETTERS - letters))) >>> 0;
}

/** @returns undefined if heads do not decide */
export function compareHeads(a: number, b: number): number | undefined {
  if (a === b) return undefined;
  const shift = 24 - (Math.clz32(a ^ b) & 24);
  const letterA = (a >>> shift) & 255;
  const letterB = (b >>> shift) & 255;
  return letterA === UNKNOWN || letterB === UNKNOWN ? undefined : letterA - letterB;
}

/**
 * Compares two names, each behind its length, as their keys would compare, without making texts.
 * @returns undefined if a letter comes first that takes more than two bytes or has a long key, or if marks abound
 */
export function compareNameBytes(a: Uint8Array, startA: number, b: Uint8Array, startB: number): number | undefined {
  const readerA = new VarintReader(a, startA);
  const readerB = new VarintReader(b, startB);
  const endA = readerA.next() + readerA.at;
  const endB = readerB.next() + readerB.at;
  let atA = readerA.at;
  let atB = readerB.at;
  let marks = 0;
  for (let n = 0; n < MAX_NAME_KEY_LENGTH; ) {
    const keyA = atA < endA ? keyAt(a, atA) : -1;
    const keyB = atB < endB ? keyAt(b, atB) : -1;
    if (keyA === LONG || keyB === LONG) return undefined;
    if (keyA === MARK || keyB === MARK) {
      if (keyA === MARK) atA += 2;
      if (keyB === MARK) atB += 2;
      if (++marks === MAX_NAME_KEY_LENGTH) return undefined;
      continue;
    }
    if (keyA !== keyB) return keyA - keyB;
    if (keyA === -1) return 0;
    atA += (a[atA] as number) < 128 ? 1 : 2;
    atB += (b[atB] as number) < 128 ? 1 : 2;
    n++;
  }
  return 0;
}

function keyAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] as number;
  if (byte < 128) return KEYS[byte] as number;
  // From 224 on bytes begin letters of three and more.
  return byte >= 224 ? LONG : (KEYS[((byte & 31) << 6) | ((bytes[at + 1] as number) & 63)] as number);
}
