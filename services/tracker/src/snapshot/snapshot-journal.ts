import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { PageSwarmError } from '@pageswarm/primitives';
import { SNAPSHOT_KINDS, SNAPSHOT_VERSION, type SnapshotKind } from './snapshot-store.ts';

/** How much of a snapshot file is read at once, in bytes. */
export const JOURNAL_READ_BYTES = 262_144;

const HEADER = 'pageswarm tracker snapshot';
const NEWLINE = 10;
/** Eight hex digits and a space before each line. */
const CHECKSUM_LENGTH = 9;

/** What a line of the journal says of an entry; the last one counts. Without a value the entry is removed. */
export interface JournalLine {
  readonly kind: SnapshotKind;
  readonly id: string;
  readonly value: string | undefined;
}

/** A line of a file and where it stands, in bytes. */
export interface PlacedLine {
  readonly bytes: Buffer;
  readonly start: number;
}

/** The line as it is written, with its checksum and its end. */
export function encodeLine({ kind, id, value }: JournalLine): Buffer {
  return checked(JSON.stringify(value === undefined ? [kind, id] : [kind, id, value]));
}

/** @returns undefined for a line that is not as it was written */
export function decodeLine(bytes: Buffer): JournalLine | undefined {
  const [kind, id, value] = contentOf(bytes) ?? [];
  const known = SNAPSHOT_KINDS.find((name) => name === kind);
  if (!known || typeof id !== 'string' || !(value === undefined || typeof value === 'string')) return undefined;
  return { kind: known, id, value };
}

/** The first line: what the file is, and the name of its data set. */
export function encodeHeader(name: string): Buffer {
  return checked(JSON.stringify([HEADER, SNAPSHOT_VERSION, name]));
}

/** @returns the name of the data set. @throws PageSwarmError STORE_FAILED for a file that is not of our making */
export function decodeHeader(bytes: Buffer): string {
  const [header, version, name] = contentOf(bytes) ?? [];
  if (header !== HEADER || version !== SNAPSHOT_VERSION || typeof name !== 'string')
    throw new PageSwarmError('STORE_FAILED', `The file is not a tracker snapshot of version ${SNAPSHOT_VERSION}; it is left alone`);
  return name;
}

/** The whole lines of a file up to `end` bytes. What follows the last end of a line is a torn tail and left out. */
export async function* linesOf(file: FileHandle, end: number): AsyncGenerator<PlacedLine[]> {
  let rest = Buffer.alloc(0);
  let position = 0;
  while (position < end) {
    const chunk = Buffer.allocUnsafe(Math.min(JOURNAL_READ_BYTES, end - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) return;
    const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const base = position - rest.length;
    position += bytesRead;
    const lines: PlacedLine[] = [];
    let start = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
      lines.push({ bytes: bytes.subarray(start, at + 1), start: base + start });
      start = at + 1;
    }
    rest = bytes.subarray(start);
    if (lines.length > 0) yield lines;
  }
}

function checked(json: string): Buffer {
  return Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
}

function contentOf(bytes: Buffer): unknown[] | undefined {
  const json = bytes.subarray(CHECKSUM_LENGTH, -1);
  if (bytes.toString('latin1', 0, CHECKSUM_LENGTH) !== `${crc32(json).toString(16).padStart(8, '0')} `) return undefined;
  try {
    const content: unknown = JSON.parse(json.toString());
    return Array.isArray(content) ? content : undefined;
  } catch {
    return undefined;
  }
}
