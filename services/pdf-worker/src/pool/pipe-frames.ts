import { Buffer } from 'node:buffer';

/**
 * The pipe between a child and its parent. Each message is a header of 16 bytes, big-endian, and its payload:
 * u8 kind, 3 bytes zero, u32 length, f64 offset. The length is that of the payload, except for `read`, which has none and
 * says how many bytes it wants; the offset has a meaning for `read` alone.
 */
export const FRAME_HEADER_BYTES = 16;
/** The file descriptor of the pipe in a child: after the three standard ones and the IPC channel. */
export const PIPE_DESCRIPTOR = 4;

export const FRAME = {
  /** Child: I can take a job. */
  ready: 1,
  /** Child: I want `length` bytes of the document from `offset`. One at a time. */
  read: 2,
  /** Child: the job is getting on. */
  progress: 3,
  /** Child: the next bytes of the output. */
  output: 4,
  /** Child: the job is done; payload is the JSON value. */
  done: 5,
  /** Child: the job failed; payload is a JSON {@link JobFailure}. */
  failed: 6,
  /** Parent: the bytes that were asked for. */
  bytes: 7,
  /** Parent: they cannot be had; payload is a JSON ErrorShape. */
  refused: 8,
  /** Child: if the rest fails, the job is done with the output so far; payload is the JSON value. */
  kept: 9,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface FrameHeader {
  readonly kind: number;
  readonly length: number;
  readonly offset: number;
}

export function encodeHeader(kind: FrameKind, length: number, offset = 0): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(length, 4);
  header.writeDoubleBE(offset, 8);
  return header;
}

export function decodeHeader(bytes: Uint8Array): FrameHeader {
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  return { kind: header.readUInt8(0), length: header.readUInt32BE(4), offset: header.readDoubleBE(8) };
}
