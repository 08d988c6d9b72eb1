import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { PageSwarmError } from '@pageswarm/primitives';
import { SNAPSHOT_KINDS, SNAPSHOT_VERSION, type SnapshotKind } from './snapshot-store.ts';

/** How much of a snapshot file is read at once, in bytes. */
export const JOURNAL_READ_BYTES = 262_144;
/** How much is read where a single frame is wanted, for others may be near; a longer one is read again. */
const NEAR_BYTES = 16_384;
/** The longest frame of a snapshot file, in bytes; a length above it is a damaged one. */
export const MAX_JOURNAL_FRAME_BYTES = 16_777_216;

/**
 * A frame of the file: a mark by which the next one is found behind a damaged one, the length of its body, the checksum
 * of length and body, the body. The body of an entry is its kind, the length of its id, the id, and its value, if it
 * has one: without a value the entry is removed. The first frame has a text that says what the file is.
 */
const MARK = Buffer.from([0xf5, 0x50, 0x53, 0x9c]);
const LENGTH_AT = 4;
const CHECKSUM_AT = 8;
const HEAD_BYTES = 12;

const HEADER_KIND = 255;
const HEADER_TEXT = `pageswarm tracker snapshot ${SNAPSHOT_VERSION} `;

/** What a frame holds, and where in it the id begins and ends; what comes behind is the value. */
export interface JournalEntry {
  readonly kind: SnapshotKind;
  readonly idStart: number;
  readonly idEnd: number;
  /** Without one the entry is removed. */
  readonly hasValue: boolean;
}

/** A whole frame and where it stands in the file, in bytes. */
export interface PlacedFrame {
  readonly bytes: Buffer;
  readonly start: number;
}

/** @returns undefined for a frame, from `start` to `end`, that holds no entry */
export function decodeEntry(bytes: Buffer, start = 0, end = bytes.length): JournalEntry | undefined {
  const head = start + HEAD_BYTES;
  const kind = SNAPSHOT_KINDS[bytes[head] as number];
  const idStart = head + 3;
  const idEnd = idStart + (bytes[head + 1] as number);
  const hasValue = bytes[head + 2];
  if (!kind || idEnd > end || (hasValue === 0 && end !== idEnd)) return undefined;
  return { kind, idStart, idEnd, hasValue: hasValue === 1 };
}

/** @param id in hex */
export function encodeEntry(kind: SnapshotKind, id: string, value: Buffer | undefined): Buffer {
  const idLength = id.length >> 1;
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 3 + idLength + (value?.length ?? 0));
  frame[HEAD_BYTES] = SNAPSHOT_KINDS.indexOf(kind);
  frame[HEAD_BYTES + 1] = idLength;
  frame[HEAD_BYTES + 2] = value ? 1 : 0;
  frame.write(id, HEAD_BYTES + 3, 'hex');
  if (value) frame.set(value, HEAD_BYTES + 3 + idLength);
  return sealed(frame);
}

/** The first frame: what the file is, and the name of its data set. */
export function encodeHeader(name: string): Buffer {
  const text = Buffer.from(HEADER_TEXT + name);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + 1 + text.length);
  frame[HEAD_BYTES] = HEADER_KIND;
  frame.set(text, HEAD_BYTES + 1);
  return sealed(frame);
}

/** @returns the name of the data set. @throws PageSwarmError INVALID_SNAPSHOT for a file that is not of our making */
export function decodeHeader(frame: PlacedFrame | undefined): string {
  const text = frame?.start === 0 && frame.bytes[HEAD_BYTES] === HEADER_KIND ? frame.bytes.toString('utf8', HEAD_BYTES + 1) : '';
  if (!text.startsWith(HEADER_TEXT))
    throw new PageSwarmError('INVALID_SNAPSHOT', `The file is not a tracker snapshot of version ${SNAPSHOT_VERSION}; it is left alone`);
  return text.slice(HEADER_TEXT.length);
}

/**
 * The length of a frame that was found whole before; 0 if not even its head is before `end`.
 * @throws where none begins
 */
export function frameLengthAt(bytes: Buffer, at: number, end: number): number {
  if (at + HEAD_BYTES > end) return 0;
  for (let n = 0; n < MARK.length; n++) if (bytes[at + n] !== MARK[n]) throw new Error('The snapshot file was changed by somebody else');
  return HEAD_BYTES + bytes.readUInt32BE(at + LENGTH_AT);
}

/** Hears of a whole frame: where it is in bytes that are of no meaning afterwards, and where it begins in the file. */
export type VisitFrame = (bytes: Buffer, from: number, to: number, start: number) => void;

/** Visits the whole frames of a file up to `end` bytes. Damaged parts are passed over, and so is a torn tail. */
export async function scanFrames(file: FileHandle, end: number, visit: VisitFrame): Promise<void> {
  let bytes = Buffer.allocUnsafeSlow(JOURNAL_READ_BYTES);
  let held = 0;
  for (let position = 0; position < end; ) {
    if (held === bytes.length) bytes = Buffer.concat([bytes], 2 * held);
    const { bytesRead } = await file.read(bytes, held, Math.min(bytes.length - held, end - position), position);
    if (bytesRead === 0) return;
    position += bytesRead;
    held += bytesRead;
    const behind = visitFrames(bytes, held, position - held, position >= end, visit);
    bytes.copyWithin(0, behind, held);
    held -= behind;
  }
}

/** The same frames a few at a time, for whoever keeps some of them. */
export async function* framesOf(file: FileHandle, end: number): AsyncGenerator<PlacedFrame[]> {
  let rest = Buffer.alloc(0);
  for (let position = 0; position < end; ) {
    const chunk = Buffer.allocUnsafe(rest.length + Math.min(JOURNAL_READ_BYTES, end - position));
    rest.copy(chunk);
    const { bytesRead } = await file.read(chunk, rest.length, chunk.length - rest.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    const held = rest.length + bytesRead;
    const frames: PlacedFrame[] = [];
    const behind = visitFrames(chunk, held, position - held, position >= end, (bytes, from, to, start) => {
      frames.push({ bytes: bytes.subarray(from, to), start });
    });
    rest = chunk.subarray(behind, held);
    if (frames.length > 0) yield frames;
  }
}

/** The frames that begin where some were found before, in ascending order; those that are there no longer are left out. */
export async function* framesAt(file: FileHandle, starts: readonly number[]): AsyncGenerator<PlacedFrame[]> {
  let wanted = NEAR_BYTES;
  for (let next = 0; next < starts.length; ) {
    const base = starts[next] as number;
    const bytes = Buffer.allocUnsafe(wanted);
    const { bytesRead } = await file.read(bytes, 0, wanted, base);
    wanted = NEAR_BYTES;
    const frames: PlacedFrame[] = [];
    for (; next < starts.length; next++) {
      const start = starts[next] as number;
      const length = start - base < bytesRead ? frameLength(bytes, start - base, bytesRead) : 0;
      if (length > 0) frames.push({ bytes: bytes.subarray(start - base, start - base + length), start });
      else if (length === 0 && start > base) break;
      else if (length === 0 && bytesRead === bytes.length && bytesRead < MAX_JOURNAL_FRAME_BYTES) {
        // It is longer than what was read.
        wanted = MAX_JOURNAL_FRAME_BYTES;
        break;
      }
    }
    if (frames.length > 0) yield frames;
  }
}

/**
 * Visits whole frames of the first `held` bytes, which begin at `base` in the file.
 * @param isLast there are no more bytes in the file
 * @returns behind what needs no second look when more bytes have come
 */
function visitFrames(bytes: Buffer, held: number, base: number, isLast: boolean, visit: VisitFrame): number {
  for (let at = 0; ; ) {
    const length = frameLength(bytes, at, held);
    if (length > 0) {
      visit(bytes, at, at + length, base + at);
      at += length;
      continue;
    }
    // More of the file may make it whole; at the end of the file it is torn, or its length is damaged.
    if (length === 0 && !isLast) return at;
    const next = bytes.indexOf(MARK, at + 1);
    if (next === -1 || next >= held) return length === 0 ? at : Math.max(at, held - MARK.length + 1);
    at = next;
  }
}

/** @returns 0 if the frame may go on behind the `held` bytes, -1 if there is none */
function frameLength(bytes: Buffer, at: number, held: number): number {
  const here = Math.min(held - at, MARK.length);
  for (let n = 0; n < here; n++) if (bytes[at + n] !== MARK[n]) return -1;
  if (held - at < HEAD_BYTES) return 0;
  const length = HEAD_BYTES + bytes.readUInt32BE(at + LENGTH_AT);
  if (length > MAX_JOURNAL_FRAME_BYTES || length < HEAD_BYTES + 3) return -1;
  if (at + length > held) return 0;
  return bytes.readUInt32BE(at + CHECKSUM_AT) === checksum(bytes, at, at + length) ? length : -1;
}

function sealed(frame: Buffer): Buffer {
  frame.set(MARK, 0);
  frame.writeUInt32BE(frame.length - HEAD_BYTES, LENGTH_AT);
  frame.writeUInt32BE(checksum(frame, 0, frame.length), CHECKSUM_AT);
  return frame;
}

/** Of the length and the body of a frame. */
function checksum(bytes: Buffer, start: number, end: number): number {
  // The few bytes of the length cost less here than a call of the library does.
  let length = -1;
  for (let at = start + LENGTH_AT; at < start + CHECKSUM_AT; at++)
    length = (CRC_STEPS[(length ^ (bytes[at] as number)) & 255] as number) ^ (length >>> 8);
  return crc32(bytes.subarray(start + HEAD_BYTES, end), ~length >>> 0);
}

/** What one byte does to a CRC-32 (IEEE 802.3, bits reversed). */
const CRC_STEPS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let step = byte;
  for (let bit = 0; bit < 8; bit++) step = step & 1 ? (step >>> 1) ^ 0xedb8_8320 : step >>> 1;
  return step;
});
