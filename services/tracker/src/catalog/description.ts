import type { Inspection } from '@pageswarm/contracts';
import type { ErrorCode } from '@pageswarm/primitives';
import { LONGEST_VARINT, VarintReader, writeVarint } from '../columns/varint.ts';

/** The texts of a document and what is known about its pages, apart from the words of each. */
export interface Description {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly inspection: Omit<Inspection, 'words'>;
}

const MAPPED = 1;
const ENCRYPTED = 2;
const NEEDS_PASSWORD = 4;
const ALIASES = 8;
const PAGES = 16;
const TITLE = 32;
const AUTHOR = 64;
const EXTRACTOR = 128;
const MAP_REASON = 256;
const ERROR = 512;

/** The parts of a description that has no error, in the order in which they are kept: of aliases their count comes first. */
export const PART = { name: 0, title: 1, aliases: 2, pages: 3, author: 4, extractor: 5, mapReason: 6 } as const;
const PART_FLAGS = [0, TITLE, ALIASES, PAGES, AUTHOR, EXTRACTOR, MAP_REASON];

/** Where bytes that came from elsewhere have the parts of a description, each as it is kept. */
export interface PackedDescription {
  readonly source: Buffer;
  /** Of each {@link PART} where it begins and where it ends; the same place for one that is not there. */
  readonly parts: Uint32Array;
  readonly isMapped: boolean;
  readonly isEncrypted: boolean;
  readonly needsPassword: boolean;
}

export type TellText = (bytes: Buffer, start: number, end: number) => void;

/** Where the name begins, behind the flags. */
export const NAME_OFFSET = 2;

/** Grows with the longest description, which the arena's longest block limits. */
let scratch = Buffer.alloc(4_096);

/**
 * A description as bytes: flags, the name, then what the flags say is there. Texts are UTF-8 behind their length, numbers
 * are varints.
 * @returns bytes that the next call writes over
 */
export function encodeDescription({ name, aliases, inspection }: Description): Uint8Array {
  const { pages, title, author, extractor, mapReason, error } = inspection;
  let flags = 0;
  const flag = (bit: number, isSet: boolean) => {
    if (isSet) flags |= bit;
  };
  flag(MAPPED, inspection.mapped);
  flag(ENCRYPTED, inspection.encrypted);
  flag(NEEDS_PASSWORD, inspection.needsPassword);
  flag(ALIASES, aliases.length > 0);
  flag(PAGES, pages !== null);
  flag(TITLE, title !== null);
  flag(AUTHOR, author !== null);
  flag(EXTRACTOR, extractor !== null);
  flag(MAP_REASON, mapReason !== null);
  flag(ERROR, error !== null);
  scratch[0] = flags & 255;
  scratch[1] = flags >> 8;
  let end = writeText(NAME_OFFSET, name);
  if (title !== null) end = writeText(end, title);
  if (aliases.length > 0) {
    end = writeVarint(scratch, end, aliases.length);
    for (const alias of aliases) end = writeText(end, alias);
  }
  if (pages !== null) {
    reserve(end + LONGEST_VARINT);
    end = writeVarint(scratch, end, pages);
  }
  if (author !== null) end = writeText(end, author);
  if (extractor !== null) end = writeText(end, extractor);
  if (mapReason !== null) end = writeText(end, mapReason);
  if (error !== null) end = writeText(writeText(end, error.code), error.detail);
  return scratch.subarray(0, end);
}

/** The other way round, from where the bytes begin. */
export function decodeDescription(bytes: Buffer, start: number): Description {
  const reader = new VarintReader(bytes, start + NAME_OFFSET);
  const flags = (bytes[start] as number) | ((bytes[start + 1] as number) << 8);
  const name = readText(reader);
  const title = flags & TITLE ? readText(reader) : null;
  const aliases = flags & ALIASES ? readTexts(reader) : [];
  const pages = flags & PAGES ? reader.next() : null;
  const author = flags & AUTHOR ? readText(reader) : null;
  const extractor = flags & EXTRACTOR ? readText(reader) : null;
  const mapReason = flags & MAP_REASON ? readText(reader) : null;
  const error = flags & ERROR ? { code: readText(reader) as ErrorCode, detail: readText(reader) } : null;
  return {
    name,
    aliases,
    inspection: {
      ...{ pages, extractor, title, author, mapReason, error },
      mapped: (flags & MAPPED) !== 0,
      encrypted: (flags & ENCRYPTED) !== 0,
      needsPassword: (flags & NEEDS_PASSWORD) !== 0,
    },
  };
}

/** The name alone. */
export function decodeName(bytes: Buffer, start: number): string {
  return readText(new VarintReader(bytes, start + NAME_OFFSET));
}

/** Every text that a document is found by: its name first, its title, its other names. */
export function decodeTexts(bytes: Buffer, start: number): string[] {
  const reader = new VarintReader(bytes, start + NAME_OFFSET);
  const flags = (bytes[start] as number) | ((bytes[start + 1] as number) << 8);
  const texts = [readText(reader)];
  if (flags & TITLE) texts.push(readText(reader));
  if (flags & ALIASES) texts.push(...readTexts(reader));
  return texts;
}

/** The same in UTF-8, without texts being made: `tell` is called with where each is. @returns how many there are */
export function readTextBytes(bytes: Buffer, start: number, tell: TellText): number {
  const reader = new VarintReader(bytes, start + NAME_OFFSET);
  const flags = (bytes[start] as number) | ((bytes[start + 1] as number) << 8);
  tellText(reader, tell);
  if (flags & TITLE) tellText(reader, tell);
  const aliases = flags & ALIASES ? reader.next() : 0;
  for (let n = 0; n < aliases; n++) tellText(reader, tell);
  return (flags & TITLE ? 2 : 1) + aliases;
}

/** How many bytes {@link writePackedDescription} writes. */
export function packedDescriptionLength({ parts }: PackedDescription): number {
  let length = NAME_OFFSET;
  for (let part = 0; part < PART_FLAGS.length; part++) length += (parts[2 * part + 1] as number) - (parts[2 * part] as number);
  return length;
}

/** Writes a description of parts that are in other bytes already, as they are kept. */
export function writePackedDescription(packed: PackedDescription, target: Uint8Array, start: number): void {
  const { source, parts } = packed;
  let flags = (packed.isMapped ? MAPPED : 0) | (packed.isEncrypted ? ENCRYPTED : 0) | (packed.needsPassword ? NEEDS_PASSWORD : 0);
  let end = start + NAME_OFFSET;
  for (let part = 0; part < PART_FLAGS.length; part++) {
    const from = parts[2 * part] as number;
    const to = parts[2 * part + 1] as number;
    if (to === from) continue;
    flags |= PART_FLAGS[part] as number;
    for (let at = from; at < to; at++) target[end++] = source[at] as number;
  }
  target[start] = flags & 255;
  target[start + 1] = flags >> 8;
}

function tellText(reader: VarintReader, tell: TellText): void {
  const length = reader.next();
  const start = reader.at;
  reader.at += length;
  tell(reader.bytes as Buffer, start, reader.at);
}

function writeText(at: number, text: string): number {
  reserve(at + text.length * 3 + LONGEST_VARINT);
  // Most texts are short: their length takes one byte, and only a longer one moves the bytes by another.
  const length = scratch.write(text, at + 1, 'utf8');
  if (length < 128) {
    scratch[at] = length;
    return at + 1 + length;
  }
  const start = writeVarint(scratch, at, length);
  scratch.write(text, start, 'utf8');
  return start + length;
}

function readText(reader: VarintReader): string {
  const length = reader.next();
  const start = reader.at;
  reader.at += length;
  return (reader.bytes as Buffer).toString('utf8', start, start + length);
}

function readTexts(reader: VarintReader): string[] {
  return Array.from({ length: reader.next() }, () => readText(reader));
}

function reserve(length: number): void {
  if (length <= scratch.length) return;
  const larger = Buffer.alloc(length * 2);
  larger.set(scratch);
  scratch = larger;
}
