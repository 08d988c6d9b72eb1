import { CHARACTER_CLASS, internLatin1, isDigit, latin1, REGULAR, WHITE_SPACE } from './characters.ts';
import { PdfDictionary, PdfRef, PdfString, type PdfValue } from './pdf-values.ts';
import { TokenReader } from './token-reader.ts';

/** Thrown when an object nests deeper than the limit; the object then counts as null. */
export const TOO_DEEP = { tooDeep: true } as const;
/** What {@link ObjectParser.parseValue} gives for a delimiter or keyword that ends something further out; it is not consumed. */
export const NO_VALUE = Symbol('no value');

const EMPTY_STRING = new PdfString(new Uint8Array([0x28, 0x29]));
const MAX_REFERENCE = 2_147_483_647;
const PERCENT = 0x25;

/** Reads PDF values (ISO 32000-1, 7.3) from bytes in memory. It never fails on syntax: what makes no sense reads as null. */
export class ObjectParser extends TokenReader {
  /** Strings carry no references: where only those count, strings are read as empty ones, which is faster. */
  keepStrings = true;
  private depth = 0;
  /** Items of the arrays and dictionaries that are open: each is cut off in its exact size when it closes, which saves growing it. */
  private readonly openValues: PdfValue[] = [];
  private readonly openKeys: string[] = [];
  private valueCount = 0;
  private keyCount = 0;

  constructor(private readonly maxNesting: number) {
    super();
  }

  override reset(bytes: Uint8Array, position: number, final: boolean): void {
    super.reset(bytes, position, final);
    this.depth = 0;
    this.valueCount = 0;
    this.keyCount = 0;
  }

  parseValue(): PdfValue | typeof NO_VALUE {
    const byte = this.skipSpace();
    switch (byte) {
      case 0x2f:
        return this.parseName();
      case 0x3c:
        return this.byteAt(this.position + 1) === 0x3c ? this.parseDictionary() : this.parseHexString();
      case 0x5b:
        return this.parseArray();
      case 0x28:
        return this.parseLiteralString();
      case 0x5d:
      case 0x3e:
      case -1:
        return NO_VALUE;
      case 0x29:
      case 0x7b:
      case 0x7d:
        this.position++;
        return null;
      default:
        if ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x2b) return this.parseNumberOrReference(byte);
        return this.parseKeyword();
    }
  }

  private parseArray(): PdfValue[] {
    if (++this.depth > this.maxNesting) throw TOO_DEEP;
    this.position++;
    const from = this.valueCount;
    for (;;) {
      const value = this.parseValue();
      if (value !== NO_VALUE) {
        this.openValues[this.valueCount++] = value;
        continue;
      }
      const byte = this.byteAt(this.position);
      if (byte === 0x5d) this.position++;
      else if (byte === 0x3e && this.byteAt(this.position + 1) !== 0x3e) {
        this.position++;
        continue;
      }
      this.depth--;
      const items = this.openValues.slice(from, this.valueCount);
      this.valueCount = from;
      return items;
    }
  }

  private parseDictionary(): PdfDictionary {
    if (++this.depth > this.maxNesting) throw TOO_DEEP;
    this.position += 2;
    const firstKey = this.keyCount;
    const firstValue = this.valueCount;
    for (;;) {
      const byte = this.skipSpace();
      if (byte === 0x2f) {
        this.openKeys[this.keyCount++] = this.parseName();
        const value = this.parseValue();
        this.openValues[this.valueCount++] = value === NO_VALUE ? null : value;
      } else if (byte === 0x3e && this.byteAt(this.position + 1) === 0x3e) {
        this.position += 2;
        break;
      } else if (byte === 0x5d || byte === 0x3e) this.position++;
      else if (this.parseValue() === NO_VALUE) break;
    }
    this.depth--;
    const keys = this.openKeys.slice(firstKey, this.keyCount);
    const values = this.openValues.slice(firstValue, this.valueCount);
    this.keyCount = firstKey;
    this.valueCount = firstValue;
    return new PdfDictionary(keys, values);
  }

  private parseName(): string {
    const { bytes, end } = this;
    const start = this.position + 1;
    let at = start;
    let hash = 0;
    let escaped = false;
    while (at < end) {
      const byte = bytes[at] as number;
      if (CHARACTER_CLASS[byte] !== REGULAR) break;
      if (byte === 0x23) escaped = true;
      hash = (Math.imul(hash, 31) + byte) | 0;
      at++;
    }
    if (at === end) this.starve();
    this.position = at;
    if (!escaped) return internLatin1(bytes, start, at, hash);
    return latin1(bytes, start, at).replace(/#([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  }

  private parseHexString(): PdfString {
    const start = this.position;
    let at = start + 1;
    for (;;) {
      const byte = this.byteAt(at);
      if (byte === -1) break;
      at++;
      if (byte === 0x3e) break;
    }
    this.position = at;
    return this.stringFrom(start, at);
  }

  private parseLiteralString(): PdfString {
    const { bytes, end } = this;
    const start = this.position;
    let at = start + 1;
    let open = 1;
    while (open > 0) {
      if (at >= end) {
        this.starve();
        at = end;
        break;
      }
      const byte = bytes[at++] as number;
      if (byte === 0x5c) at++;
      else if (byte === 0x28) open++;
      else if (byte === 0x29) open--;
    }
    this.position = at;
    return this.stringFrom(start, at);
  }

  private stringFrom(start: number, end: number): PdfString {
    return this.keepStrings ? new PdfString(this.bytes.slice(start, end)) : EMPTY_STRING;
  }

  private parseNumberOrReference(first: number): number | PdfRef {
    const { bytes, end } = this;
    let at = this.position;
    let whole = 0;
    let scale = 0;
    const negative = first === 0x2d;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x30 && byte <= 0x39) {
        whole = whole * 10 + byte - 0x30;
        scale *= 10;
      } else if (byte === 0x2e) {
        if (scale === 0) scale = 1;
      } else if (byte !== 0x2d && byte !== 0x2b) break;
    }
    if (at === end) this.starve();
    const plain = scale === 0 && first >= 0x30;
    this.position = at;
    if (plain && whole <= MAX_REFERENCE) {
      const gen = this.parseReferenceTail();
      if (gen >= 0) return new PdfRef(whole, gen);
    }
    const value = scale > 1 ? whole / scale : whole;
    return negative ? -value : value;
  }

  /** Consumes ` gen R` after a number. @returns the generation, or -1 (and nothing consumed) if this is no reference */
  private parseReferenceTail(): number {
    const after = this.position;
    const { bytes, end } = this;
    let at = this.afterSpace(after);
    if (at > after && at < end && isDigit(bytes[at])) {
      let gen = 0;
      while (at < end && isDigit(bytes[at])) gen = gen * 10 + (bytes[at++] as number) - 0x30;
      const space = at;
      at = this.afterSpace(at);
      if (at < end - 1 || (at < end && this.final)) {
        const ends = at + 1 >= end || CHARACTER_CLASS[bytes[at + 1] as number] !== REGULAR;
        if (bytes[at] === 0x52 && at > space && ends && gen <= 65_535) {
          this.position = at + 1;
          return gen;
        }
        return -1;
      }
    } else if (at < end) return -1;
    this.starve();
    return -1;
  }

  /** Where the white space and the comments from `at` on end; within the bytes at hand. */
  private afterSpace(at: number): number {
    const { bytes, end } = this;
    let next = at;
    for (;;) {
      while (next < end && CHARACTER_CLASS[bytes[next] as number] === WHITE_SPACE) next++;
      if (next >= end || bytes[next] !== PERCENT) return next;
      while (next < end && bytes[next] !== 0x0a && bytes[next] !== 0x0d) next++;
    }
  }

  private parseKeyword(): PdfValue | typeof NO_VALUE {
    const { bytes, end } = this;
    const start = this.position;
    let at = start;
    while (at < end && CHARACTER_CLASS[bytes[at] as number] === REGULAR) at++;
    if (at === end) this.starve();
    const word = at - start <= 9 ? latin1(bytes, start, at) : '';
    if (STRUCTURAL_WORDS.has(word)) return NO_VALUE;
    this.position = at;
    return word === 'true' ? true : word === 'false' ? false : null;
  }
}

/** Keywords that no value contains: meeting one means that an array or dictionary was never closed. */
const STRUCTURAL_WORDS = new Set(['obj', 'endobj', 'stream', 'endstream', 'xref', 'trailer', 'startxref']);
