import type { BlockReader } from './byte-window.ts';
import { type Decryption, decryptStream, openWithoutPassword } from './decryption.ts';
import { decodeStream } from './filters.ts';
import { DamagedXrefError, PasswordError, type WorkMeter } from './limits.ts';
import { NO_VALUE, ObjectParser, TOO_DEEP } from './object-parser.ts';
import { ObjectReader } from './object-reader.ts';
import { type ObjectStream, parseObjectStream } from './object-stream.ts';
import { COMPRESSED, ObjectTable, PLAIN } from './object-table.ts';
import { type IndirectObject, isInteger, PdfDictionary, PdfRef, PdfString, type PdfValue, stringBytes } from './pdf-values.ts';

/** The longest chain of references to references that is followed. */
export const MAX_REFERENCE_CHAIN = 32;
/** Decoded object streams that are kept, in bytes. */
export const OBJECT_STREAM_CACHE_BYTES = 16_777_216;

/** Where the structure of a document lies and how to get at its objects. Filled by the cross-reference reader or by a scan. */
export class PdfDocument {
  readonly table: ObjectTable;
  readonly reader: ObjectReader;
  trailer = new PdfDictionary();
  /** Bytes before `%PDF-`; offsets in the file are usually counted from there. */
  base = 0;
  /** What is added to each offset that the cross-reference data give. */
  shift = 0;
  pdfVersion: string | undefined;
  linearized = false;
  /** Set when the table comes from a scan: then nothing better is to be had, and what is missing counts as null. */
  rebuilt = false;
  /** Set when a part of the cross-reference data could not be read: then a missing entry may only have been lost. */
  incomplete = false;
  /** Spans of cross-reference sections, trailers and the like, as [start, end). */
  readonly structureSpans: [start: number, end: number][] = [];
  decryption: Decryption | undefined;
  private readonly parser: ObjectParser;
  private readonly lengths = new Map<number, number | undefined>();
  private readonly streams = new Map<number, ObjectStream | undefined>();
  private streamBytes = 0;

  constructor(
    readonly blocks: BlockReader,
    readonly meter: WorkMeter,
  ) {
    this.table = new ObjectTable(meter.limits.maxObjects);
    this.parser = new ObjectParser(meter.limits.maxNesting);
    this.reader = new ObjectReader(blocks, this.parser, meter);
  }

  get needsPassword(): boolean {
    return this.decryption !== undefined && this.decryption.key === undefined;
  }

  /** Strings matter for trailers, encryption and views; a map drops them from here on. */
  dropStrings(): void {
    this.parser.keepStrings = false;
  }

  /**
   * The object of this number; undefined if it is free, missing or unreadable.
   * @throws DamagedXrefError if it should be somewhere else and the file was not scanned yet
   */
  async load(num: number): Promise<IndirectObject | undefined> {
    const slot = this.table.slotOf(num);
    if (slot === undefined) {
      this.missing(num);
      return undefined;
    }
    const kind = this.table.kinds[slot];
    if (kind === PLAIN) return this.loadPlain(num, this.table.positions[slot] as number);
    if (kind === COMPRESSED) return this.loadCompressed(num, this.table.positions[slot] as number, this.table.details[slot] as number);
    return undefined;
  }

  /**
   * Notes that an object which something refers to has no entry: that makes it null, unless entries were lost.
   * @throws DamagedXrefError if they were
   */
  missing(num: number): void {
    if (this.incomplete && !this.rebuilt) throw new DamagedXrefError(`object ${num} is in a lost part of the cross-reference data`);
  }

  private async loadPlain(num: number, offset: number): Promise<IndirectObject | undefined> {
    const object = await this.reader.objectAt(offset, this.lengthOf);
    if (object?.num === num) return object;
    if (!this.rebuilt) throw new DamagedXrefError(`object ${num} is not at ${offset}`);
    return undefined;
  }

  private async loadCompressed(num: number, container: number, hint: number): Promise<IndirectObject | undefined> {
    const stream = await this.objectStream(container);
    const index = stream?.indexOf(num, hint) ?? -1;
    if (stream && index >= 0) return this.compressedAt(stream, index, container);
    if (!this.rebuilt) throw new DamagedXrefError(`object ${num} is not in object stream ${container}`);
    return undefined;
  }

  /** The object at `index` of a decoded object stream. */
  compressedAt(stream: ObjectStream, index: number, container: number): IndirectObject | undefined {
    const num = stream.numbers[index] as number;
    const start = stream.offsets[index] as number;
    this.parser.reset(stream.bytes, start, true);
    let value: PdfValue | typeof NO_VALUE;
    try {
      value = this.parser.parseValue();
    } catch (signal) {
      if (signal !== TOO_DEEP) throw signal;
      return undefined;
    }
    this.meter.spendWork(this.parser.position - start);
    return { num, gen: 0, indent: 0, value: value === NO_VALUE ? null : value, start, end: this.parser.position, container };
  }

  /** The decoded object stream of this number; the last ones are kept. */
  async objectStream(num: number): Promise<ObjectStream | undefined> {
    if (this.streams.has(num)) return this.streams.get(num);
    const slot = this.table.slotOf(num);
    if (this.needsPassword && this.decryption?.cipher !== 'none')
      throw new PasswordError('it needs a password: its objects lie in encrypted object streams');
    // Set before it is known: a stream whose /Length, /N or filter lies in itself would be opened again and again.
    this.streams.set(num, undefined);
    // A container inside a container is forbidden, and following one could go on forever.
    const object = slot !== undefined && this.table.kinds[slot] === PLAIN ? await this.load(num) : undefined;
    const stream = object && (await this.decodeObjectStream(object));
    this.streams.set(num, stream);
    this.streamBytes += stream?.bytes.length ?? 0;
    for (const [oldest, old] of this.streams) {
      if (this.streamBytes <= OBJECT_STREAM_CACHE_BYTES || oldest === num) break;
      this.streams.delete(oldest);
      this.streamBytes -= old?.bytes.length ?? 0;
    }
    return stream;
  }

  async decodeObjectStream(object: IndirectObject): Promise<ObjectStream | undefined> {
    if (!(object.value instanceof PdfDictionary)) return undefined;
    const count = await this.resolve(object.value.get('N'));
    const first = await this.resolve(object.value.get('First'));
    const bytes = isInteger(count) && isInteger(first) && first >= 0 ? await this.decodedData(object, true) : undefined;
    if (!bytes) return undefined;
    const stream = parseObjectStream(bytes, Math.min(count as number, this.meter.limits.maxObjects), first as number, this.parser);
    this.meter.spendXrefEntries(stream.numbers.length);
    return stream;
  }

  /** The unfiltered data of a stream object; undefined if its filters, limits or encryption do not allow it. */
  async decodedData(object: IndirectObject, encrypted: boolean): Promise<Uint8Array | undefined> {
    const { stream, value } = object;
    if (!stream || !(value instanceof PdfDictionary)) return undefined;
    if (stream.end - stream.start > this.meter.limits.maxInflatedBytes) return undefined;
    const filters = await this.resolveList(value.get('Filter') ?? value.get('F'));
    const parameters = await this.resolveList(value.get('DecodeParms') ?? value.get('DP'));
    const raw = await this.blocks.range(stream.start, stream.end);
    const isPlain = !encrypted || !this.decryption || filters[0] === 'Crypt';
    const data = isPlain ? raw : decryptStream(this.decryption as Decryption, raw, object.num, object.gen);
    if (!data) return undefined;
    const bytes = decodeStream(data, filters, parameters, this.meter.inflateAllowance);
    this.meter.spendInflated(bytes?.length ?? raw.length);
    return bytes;
  }

  /** Follows references until a value stands there; null if the chain is too long or ends nowhere. */
  async resolve(value: PdfValue | undefined): Promise<PdfValue> {
    let current = value ?? null;
    for (let steps = 0; current instanceof PdfRef; steps++) {
      if (steps > MAX_REFERENCE_CHAIN) return null;
      current = (await this.load(current.num))?.value ?? null;
    }
    return current;
  }

  async resolveDictionary(value: PdfValue | undefined): Promise<PdfDictionary | undefined> {
    const resolved = await this.resolve(value);
    return resolved instanceof PdfDictionary ? resolved : undefined;
  }

  private async resolveList(value: PdfValue | undefined): Promise<PdfValue[]> {
    const resolved = await this.resolve(value);
    if (resolved === null) return [];
    if (!Array.isArray(resolved)) return [resolved];
    const items: PdfValue[] = [];
    for (const item of resolved.slice(0, 16)) items.push(await this.resolve(item));
    return items;
  }

  /** Reads the Encrypt dictionary of the trailer, if there is one, and tries the empty password. */
  async openEncryption(): Promise<void> {
    this.decryption = undefined;
    this.streams.clear();
    this.streamBytes = 0;
    const encrypt = await this.resolveDictionary(this.trailer.get('Encrypt'));
    if (!encrypt) return;
    const resolved = new PdfDictionary();
    for (const [index, key] of encrypt.keys.entries()) resolved.add(key, await this.resolve(encrypt.values[index]));
    const ids = await this.resolve(this.trailer.get('ID'));
    const firstId = Array.isArray(ids) ? await this.resolve(ids[0]) : null;
    this.decryption = openWithoutPassword(resolved, firstId instanceof PdfString ? stringBytes(firstId) : new Uint8Array(0));
  }

  private readonly lengthOf = async (ref: PdfRef): Promise<number | undefined> => {
    if (this.lengths.has(ref.num)) return this.lengths.get(ref.num);
    // Set before the answer is known, so that a stream whose /Length is itself ends here.
    this.lengths.set(ref.num, undefined);
    let length: PdfValue | undefined;
    try {
      length = (await this.load(ref.num))?.value;
    } catch (error) {
      // A lost /Length costs a search for `endstream`, not the document.
      if (!(error instanceof DamagedXrefError)) throw error;
    }
    const known = isInteger(length) ? length : undefined;
    this.lengths.set(ref.num, known);
    return known;
  };
}
