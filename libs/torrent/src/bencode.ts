import { PageSwarmError } from '@pageswarm/primitives';

/**
 * A decoded bencode value (BEP 3). Strings are bytes; the keys of a dictionary are its byte strings read as latin1,
 * one character per byte, so that their order is the order of the raw bytes.
 */
export type BencodeValue = number | Uint8Array | BencodeValue[] | Map<string, BencodeValue>;

/** What {@link bencode} takes: as {@link BencodeValue}, and text, which is written as UTF-8. */
export type BencodeInput = number | string | Uint8Array | readonly BencodeInput[] | ReadonlyMap<string, BencodeInput>;

/** The largest .torrent that is read, in bytes: hash lists of 8,192 pieces need 0.5 MiB, a large page map a few MiB more. */
export const MAX_TORRENT_BYTES = 32 * 1024 * 1024;
/** How deep lists and dictionaries may lie in each other; a .torrent needs 5, and each level costs a stack frame. */
export const MAX_BENCODE_DEPTH = 64;
/** How many values one text may hold: two bytes ("de") become an object of hundreds, so bytes alone do not bound memory. */
export const MAX_BENCODE_VALUES = 250_000;

export interface BencodeLimits {
  /** @default MAX_TORRENT_BYTES */
  readonly maxBytes: number;
  /** @default MAX_BENCODE_DEPTH */
  readonly maxDepth: number;
  /** @default MAX_BENCODE_VALUES */
  readonly maxValues: number;
}

/** The key under which a text stands in a dictionary: its UTF-8 bytes, one character per byte. */
export function bencodeKey(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/**
 * Writes a value in the one canonical way: keys in byte order, integers without leading zeros.
 * @throws PageSwarmError INVALID_TORRENT for numbers that are not safe integers and keys that are not latin1.
 */
export function bencode(value: BencodeInput): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return plain(Buffer.concat(parts));
}

function write(value: BencodeInput, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new PageSwarmError('INVALID_TORRENT', `${value} is not an integer that bencode can carry`);
    parts.push(Buffer.from(`i${value}e`, 'latin1'));
  } else if (typeof value === 'string') writeBytes(Buffer.from(value, 'utf8'), parts);
  else if (ArrayBuffer.isView(value)) writeBytes(value, parts);
  else if (isList(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) write(item, parts);
    parts.push(Buffer.from('e'));
  } else {
    parts.push(Buffer.from('d'));
    for (const key of [...value.keys()].sort(byBytes)) {
      const bytes = Buffer.from(key, 'latin1');
      if (bytes.toString('latin1') !== key) throw new PageSwarmError('INVALID_TORRENT', 'A dictionary key has characters beyond latin1');
      writeBytes(bytes, parts);
      write(value.get(key) as BencodeInput, parts);
    }
    parts.push(Buffer.from('e'));
  }
}

function writeBytes(bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(Buffer.from(`${bytes.length}:`, 'latin1'), bytes);
}

/** `Array.isArray` does not narrow readonly arrays away. */
function isList(value: unknown): value is readonly BencodeInput[] {
  return Array.isArray(value);
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Reads one bencode value that fills `bytes`. Strict: what is not written canonically is refused, so `bencode(bdecode(x))` is `x`.
 * Strings are views into `bytes`, not copies.
 * @throws PageSwarmError INVALID_TORRENT naming the byte where reading failed.
 */
export function bdecode(bytes: Uint8Array, limits: Partial<BencodeLimits> = {}): BencodeValue {
  return new BencodeReader(bytes, limits).readAll();
}

/**
 * Reads a dictionary that fills `bytes`, and where each of its values stands: the hash of an `info` dictionary is the hash
 * of its bytes as they came.
 * @throws PageSwarmError INVALID_TORRENT
 */
export function bdecodeDictionary(
  bytes: Uint8Array,
  limits: Partial<BencodeLimits> = {},
): { readonly dictionary: ReadonlyMap<string, BencodeValue>; readonly raw: ReadonlyMap<string, Uint8Array> } {
  const reader = new BencodeReader(bytes, limits);
  const raw = new Map<string, Uint8Array>();
  const value = reader.readAll(raw);
  if (!(value instanceof Map)) throw new PageSwarmError('INVALID_TORRENT', 'The file is bencode, but not a dictionary');
  return { dictionary: value, raw };
}

const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const MINUS = 0x2d;
const DICTIONARY = 0x64;
const END = 0x65;
const INTEGER = 0x69;
const LIST = 0x6c;
/** Digits of the largest safe integer. */
const MAX_DIGITS = 16;

class BencodeReader {
  private readonly bytes: Uint8Array;
  private readonly limits: BencodeLimits;
  private offset = 0;
  private values = 0;

  constructor(bytes: Uint8Array, limits: Partial<BencodeLimits>) {
    this.bytes = plain(bytes);
    this.limits = { maxBytes: MAX_TORRENT_BYTES, maxDepth: MAX_BENCODE_DEPTH, maxValues: MAX_BENCODE_VALUES, ...limits };
    if (bytes.length > this.limits.maxBytes)
      throw new PageSwarmError('INVALID_TORRENT', `${bytes.length} bytes are over the limit of ${this.limits.maxBytes} for a .torrent`);
  }

  readAll(rawEntries?: Map<string, Uint8Array>): BencodeValue {
    const value = this.readValue(0, rawEntries);
    if (this.offset !== this.bytes.length) throw this.failure('something follows the end of the value');
    return value;
  }

  private readValue(depth: number, rawEntries?: Map<string, Uint8Array>): BencodeValue {
    if (depth > this.limits.maxDepth) throw this.failure(`nested deeper than ${this.limits.maxDepth}`);
    if (++this.values > this.limits.maxValues) throw this.failure(`more than ${this.limits.maxValues} values`);
    switch (this.bytes[this.offset]) {
      case INTEGER: {
        this.offset++;
        return this.readInteger(END);
      }
      case LIST: {
        this.offset++;
        const list: BencodeValue[] = [];
        while (!this.takeEnd()) list.push(this.readValue(depth + 1));
        return list;
      }
      case DICTIONARY:
        this.offset++;
        return this.readDictionary(depth, rawEntries);
      default:
        return this.readString();
    }
  }

  private readDictionary(depth: number, rawEntries?: Map<string, Uint8Array>): Map<string, BencodeValue> {
    const dictionary = new Map<string, BencodeValue>();
    let previous: string | undefined;
    while (!this.takeEnd()) {
      const key = Buffer.from(this.readString()).toString('latin1');
      if (previous !== undefined && key <= previous) throw this.failure('the keys of a dictionary are not in order');
      const start = this.offset;
      dictionary.set(key, this.readValue(depth + 1));
      rawEntries?.set(key, this.bytes.subarray(start, this.offset));
      previous = key;
    }
    return dictionary;
  }

  private takeEnd(): boolean {
    if (this.bytes[this.offset] !== END) return false;
    this.offset++;
    return true;
  }

  private readString(): Uint8Array {
    const first = this.bytes[this.offset];
    if (first === undefined) throw this.failure('the file ends too early');
    if (first < ZERO || first > NINE) throw this.failure('neither a number, a string, a list nor a dictionary');
    const length = this.readInteger(COLON);
    if (length > this.bytes.length - this.offset) throw this.failure(`a string of ${length} bytes runs past the end`);
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  /** An integer up to its terminator: no leading zeros, no minus zero, within the safe integers of JavaScript. */
  private readInteger(terminator: number): number {
    const start = this.offset;
    const negative = this.bytes[this.offset] === MINUS;
    if (negative) this.offset++;
    const firstDigit = this.offset;
    let value = 0;
    for (;;) {
      const byte = this.bytes[this.offset];
      if (byte === terminator) break;
      if (byte === undefined || byte < ZERO || byte > NINE) throw this.failure('not a digit inside a number');
      if (this.offset - firstDigit >= MAX_DIGITS) throw this.failure('a number of too many digits');
      value = value * 10 + (byte - ZERO);
      this.offset++;
    }
    const digits = this.offset - firstDigit;
    const canonical = digits > 0 && (this.bytes[firstDigit] !== ZERO || (digits === 1 && !negative));
    if (!canonical || !Number.isSafeInteger(value)) throw this.failure(`a number that is not canonical begins at byte ${start}`);
    this.offset++;
    return negative ? -value : value;
  }

  private failure(what: string): PageSwarmError {
    return new PageSwarmError('INVALID_TORRENT', `Not valid bencode at byte ${this.offset}: ${what}`);
  }
}

/** The same bytes as a plain Uint8Array, so that callers never meet Buffer's own `slice`, which does not copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
