import { Buffer } from 'node:buffer';
import type { BlockReader, ByteWindow } from './byte-window.ts';
import { CHARACTER_CLASS, WHITE_SPACE } from './characters.ts';
import { UnmappableError, type WorkMeter } from './limits.ts';
import { NO_VALUE, type ObjectParser, TOO_DEEP } from './object-parser.ts';
import { type IndirectObject, isInteger, PdfDictionary, PdfRef, type PdfValue } from './pdf-values.ts';
import { STARVED } from './token-reader.ts';

const ENDOBJ = Buffer.from('endobj', 'latin1');
const ENDSTREAM = Buffer.from('endstream', 'latin1');
/** White space that writers put between stream data and `endstream` although /Length does not count it, in bytes. */
const MAX_SPACE_BEFORE_ENDSTREAM = 8;

interface Head {
  readonly num: number;
  readonly gen: number;
  readonly indent: number;
  readonly value: PdfValue;
  readonly isStream: boolean;
}

/** Finds the number that an indirect /Length refers to; undefined when there is none. */
export type LengthResolver = (ref: PdfRef) => Promise<number | undefined>;

/** Reads values and indirect objects at given offsets of the file, no further than each needs. */
export class ObjectReader {
  constructor(
    readonly blocks: BlockReader,
    private readonly parser: ObjectParser,
    readonly meter: WorkMeter,
  ) {}

  /**
   * Runs `parse` at `offset`, over larger and larger windows until it is content.
   * @returns undefined if the object nests too deeply
   */
  async parseAt<T>(offset: number, parse: (parser: ObjectParser) => T): Promise<T | undefined> {
    let window: ByteWindow = this.blocks.cached(offset) ?? (await this.blocks.at(offset));
    for (;;) {
      this.parser.reset(window.bytes, offset - window.origin, window.final);
      try {
        const result = parse(this.parser);
        this.parser.position += window.origin;
        this.meter.spendWork(this.parser.position - offset);
        return result;
      } catch (signal) {
        if (signal === TOO_DEEP) return undefined;
        if (signal !== STARVED) throw signal;
      }
      this.meter.spendWork(window.origin + window.bytes.length - offset);
      if (window.origin + window.bytes.length - offset > this.meter.limits.maxObjectBytes)
        throw new UnmappableError(`an object is longer than ${this.meter.limits.maxObjectBytes} bytes`);
      window = await this.blocks.grown(window, offset);
    }
  }

  /** Where the last {@link parseAt} stopped, as an offset in the file. */
  get position(): number {
    return this.parser.position;
  }

  /** A value that stands alone, such as the dictionary after `trailer`. */
  async valueAt(offset: number): Promise<{ value: PdfValue; end: number } | undefined> {
    const value = await this.parseAt(offset, (parser) => parser.parseValue());
    return value === undefined || value === NO_VALUE ? undefined : { value, end: this.position };
  }

  /** The indirect object at `offset` (white space before it is allowed); undefined if there is none. */
  async objectAt(offset: number, lengthOf: LengthResolver): Promise<IndirectObject | undefined> {
    const whole = await this.parseAt(offset, parseHead);
    let end = this.position;
    // A string or array that is never closed swallows all that follows: such an object ends at its `endobj` instead.
    const cut = whole && !whole.isStream && end >= this.blocks.size ? await this.parseUpToEndobj(offset) : undefined;
    const head = cut ?? whole;
    if (!head) return undefined;
    if (cut) end = this.position;
    const { num, gen, indent, value } = head;
    if (!head.isStream || !(value instanceof PdfDictionary)) return { num, gen, indent, value, start: offset, end };
    const start = end;
    const stream = await this.streamEnd(start, value.get('Length'), lengthOf);
    return { num, gen, indent, value, start: offset, end: stream.objectEnd, stream: { start, end: stream.dataEnd } };
  }

  private async parseUpToEndobj(offset: number): Promise<Head | undefined> {
    const found = await this.search(ENDOBJ, offset);
    if (found < 0 || found - offset > this.meter.limits.maxObjectBytes) return undefined;
    const bytes = await this.blocks.range(offset, found + ENDOBJ.length);
    this.parser.reset(bytes, 0, true);
    const head = parseHead(this.parser);
    this.parser.position = found + ENDOBJ.length;
    return head?.isStream ? undefined : head;
  }

  /** The end of a stream: /Length counts only if `endstream` follows it, otherwise the next `endstream` decides. */
  private async streamEnd(start: number, declared: PdfValue | undefined, lengthOf: LengthResolver) {
    const length = declared instanceof PdfRef ? await lengthOf(declared) : declared;
    if (isInteger(length) && length >= 0 && start + length <= this.blocks.size) {
      const found = await this.parseAt(start + length, parseEndOfStream);
      if (found) return { dataEnd: start + length, objectEnd: this.position };
    }
    const found = await this.search(ENDSTREAM, start);
    if (found < 0) return { dataEnd: this.blocks.size, objectEnd: this.blocks.size };
    await this.parseAt(found, parseEndOfStream);
    return { dataEnd: await this.withoutLineEnd(start, found), objectEnd: this.position };
  }

  private async withoutLineEnd(start: number, found: number): Promise<number> {
    const tail = await this.blocks.range(Math.max(start, found - 2), found);
    if (tail.at(-1) === 0x0a) return found - (tail.at(-2) === 0x0d ? 2 : 1);
    return tail.at(-1) === 0x0d ? found - 1 : found;
  }

  /** Offset of the first `needle` from `from` on, or -1. */
  async search(needle: Buffer, from: number): Promise<number> {
    let window: ByteWindow = this.blocks.cached(from) ?? (await this.blocks.at(from));
    let at = from;
    for (;;) {
      const found = Buffer.from(window.bytes.buffer, window.bytes.byteOffset, window.bytes.length).indexOf(needle, at - window.origin);
      const end = window.origin + window.bytes.length;
      this.meter.spendWork((found < 0 ? end : window.origin + found) - at + 1);
      if (found >= 0) return window.origin + found;
      if (window.final) return -1;
      const next = Math.max(at, end - needle.length + 1);
      const block = await this.blocks.at(end);
      const overlap = window.bytes.subarray(next - window.origin);
      window = { bytes: Buffer.concat([overlap, block.bytes]), origin: next, final: block.final };
      at = next;
    }
  }
}

/** `num gen obj`, the value and, where the object ends there, `endobj`; undefined if this is no object. */
function parseHead(parser: ObjectParser): Head | undefined {
  const from = parser.position;
  parser.skipSpace();
  const indent = parser.position - from;
  const num = parser.parseCount();
  const gen = num < 0 ? -1 : parser.parseCount();
  if (gen < 0 || !parser.takeWord('obj')) return undefined;
  const parsed = parser.parseValue();
  const value = parsed === NO_VALUE ? null : parsed;
  const next = parser.skipSpace();
  if (next === 0x73 && parser.takeWord('stream')) {
    // The data begin after CR LF or LF; a lone CR is wrong but seen (ISO 32000-1, 7.3.8.1).
    if (parser.byteAt(parser.position) === 0x20) parser.position++;
    if (parser.byteAt(parser.position) === 0x0d) parser.position++;
    if (parser.byteAt(parser.position) === 0x0a) parser.position++;
    return { num, gen, indent, value, isStream: true };
  }
  // Without `endobj` the byte that told so belongs to the object too: whoever reads the object needs it.
  if (!(next === 0x65 && parser.takeWord('endobj')) && next >= 0) parser.position++;
  return { num, gen, indent, value, isStream: false };
}

/** `endstream` and, if it follows, `endobj`; false if `endstream` is not here. */
function parseEndOfStream(parser: ObjectParser): boolean {
  const from = parser.position;
  while (parser.position - from <= MAX_SPACE_BEFORE_ENDSTREAM && CHARACTER_CLASS[parser.byteAt(parser.position)] === WHITE_SPACE)
    parser.position++;
  if (parser.byteAt(parser.position) !== 0x65 || !parser.takeWord('endstream')) return false;
  if (parser.skipSpace() === 0x65) parser.takeWord('endobj');
  return true;
}
