import { Buffer } from 'node:buffer';

/** A reference to an indirect object, `num gen R`. */
export class PdfRef {
  constructor(
    readonly num: number,
    readonly gen: number,
  ) {}
}

/** A string as it stands in the file, with its delimiters; strings are decoded only where their bytes matter. */
export class PdfString {
  constructor(readonly raw: Uint8Array) {}
}

/** A dictionary in file order. Dictionaries are small or only walked through, so looking a key up is a search; a repeated key's last value counts. */
export class PdfDictionary {
  constructor(
    readonly keys: string[] = [],
    readonly values: PdfValue[] = [],
  ) {}

  get(key: string): PdfValue | undefined {
    const { keys } = this;
    // Names of one document are mostly the same string objects, so this is faster than it looks and than lastIndexOf.
    for (let at = keys.length - 1; at >= 0; at--) if (keys[at] === key) return this.values[at];
    return undefined;
  }

  has(key: string): boolean {
    return this.keys.includes(key);
  }

  add(key: string, value: PdfValue): void {
    this.keys.push(key);
    this.values.push(value);
  }
}

/** A PDF value (ISO 32000-1, 7.3). Names are JavaScript strings (decoded, one character per byte); strings are {@link PdfString}. */
export type PdfValue = null | boolean | number | string | PdfString | PdfRef | PdfDictionary | PdfValue[];

/** What lies at `num gen obj`: offsets are absolute in the file, or in the object stream that holds it. */
export interface IndirectObject {
  readonly num: number;
  readonly gen: number;
  readonly value: PdfValue;
  /** First byte of `num gen obj`, or of the value inside an object stream. */
  readonly start: number;
  /** Bytes of white space between `start` and the first digit. */
  readonly indent: number;
  /** One past `endobj`, or past the last byte that had to be looked at. */
  readonly end: number;
  /** The raw, still filtered data of a stream. */
  readonly stream?: { readonly start: number; readonly end: number };
  /** Number of the object stream that holds this object. */
  readonly container?: number;
}

export const isInteger = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

/** The bytes that a string stands for (ISO 32000-1, 7.3.4): escapes and hex digits resolved. */
export function stringBytes({ raw }: PdfString): Uint8Array {
  if (raw[0] === 0x3c) {
    const digits = Buffer.from(raw.buffer, raw.byteOffset, raw.length)
      .toString('latin1')
      .replace(/[^0-9a-fA-F]/g, '');
    return Uint8Array.from(Buffer.from(digits.length % 2 === 1 ? `${digits}0` : digits, 'hex'));
  }
  const bytes: number[] = [];
  for (let at = 1; at < raw.length - 1; at++) {
    const byte = raw[at] as number;
    if (byte !== 0x5c) {
      bytes.push(byte === 0x0d ? 0x0a : byte);
      if (byte === 0x0d && raw[at + 1] === 0x0a) at++;
      continue;
    }
    const escaped = raw[++at] as number;
    const octal = /^[0-7]{1,3}/.exec(String.fromCharCode(...raw.subarray(at, at + 3)))?.[0];
    if (octal) {
      bytes.push(Number.parseInt(octal, 8) & 0xff);
      at += octal.length - 1;
    } else if (escaped === 0x0d || escaped === 0x0a) {
      if (escaped === 0x0d && raw[at + 1] === 0x0a) at++;
    } else bytes.push(SIMPLE_ESCAPES.get(escaped) ?? escaped);
  }
  return Uint8Array.from(bytes);
}

const SIMPLE_ESCAPES = new Map(
  [...'nrtbf'].map((letter, index) => [letter.charCodeAt(0), [0x0a, 0x0d, 0x09, 0x08, 0x0c][index] as number]),
);

/** Writes a value as PDF text, one character per byte. Strings stay as they were in the file. */
export function formatValue(value: PdfValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(0) : value.toFixed(10).replace(/0+$/, '');
  if (typeof value === 'string') return formatName(value);
  if (value instanceof PdfRef) return `${value.num} ${value.gen} R`;
  if (value instanceof PdfString) return formatString(value);
  if (Array.isArray(value)) return `[${value.map(formatValue).join(' ')}]`;
  return `<<${value.keys.map((key, index) => `${formatName(key)} ${formatValue(value.values[index] as PdfValue)}`).join(' ')}>>`;
}

/** A string that is never closed, in a damaged file, would swallow what is written after it: such a one is written in hex. */
function formatString(string: PdfString): string {
  const { raw } = string;
  const bytes = isClosed(raw) ? raw : stringBytes(string);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes === raw ? buffer.toString('latin1') : `<${buffer.toString('hex')}>`;
}

function isClosed(raw: Uint8Array): boolean {
  if (raw[0] === 0x3c) return raw.length > 1 && raw.at(-1) === 0x3e;
  let open = 0;
  for (let at = 0; at < raw.length; at++) {
    if (raw[at] === 0x5c) at++;
    else if (raw[at] === 0x28) open++;
    else if (raw[at] === 0x29) open--;
  }
  return open === 0;
}

function formatName(name: string): string {
  return `/${name.replace(/[^!-~]|[#()<>[\]{}/%]/g, (character) => `#${character.charCodeAt(0).toString(16).padStart(2, '0')}`)}`;
}
