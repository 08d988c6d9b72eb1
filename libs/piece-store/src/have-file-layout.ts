import { pieceCount } from '@pageswarm/primitives';
import type { StoredDocumentSpec } from './piece-store.ts';

/** Bytes before the marks: one sector, which disks write as a whole. */
export const HAVE_HEADER_BYTES = 512;
const MAGIC = Buffer.from('PSWHAVE\0', 'latin1');
const VERSION = 1;
const BOOT_ID_BYTES = 36;
const MAX_PLACED_NAME_BYTES = 255;

/** How far the marks of an earlier run can be trusted, and where the finished file went. */
export interface HaveState {
  /** Everything was synced to the disk and nothing was written since. */
  readonly clean: boolean;
  /** The boot of the operating system that last wrote: while it lasts, nothing it took is lost. Empty: trust nothing. */
  readonly bootId: string;
  /** The name in the documents folder that the file got, or was about to get when the process died. */
  readonly placedName: string;
}

/**
 * The `.have` file: a header, then one byte per piece, 1 when it is here. A byte and not a bit, so that marks need no
 * read-modify-write.
 *
 * Header, big-endian: 0 magic `PSWHAVE\0` · 8 version u8 · 9 clean u8 · 10 length of the placed name u8 · 12 document id (32) ·
 * 44 size u64 · 52 piece length u64 · 60 boot id, ASCII, zero-filled (36) · 96 placed name, UTF-8 (255) · zeros to 512.
 */
export function encodeHaveHeader({ documentId, size, pieceLength }: StoredDocumentSpec, state: HaveState): Uint8Array {
  const header = Buffer.alloc(HAVE_HEADER_BYTES);
  MAGIC.copy(header, 0);
  header.writeUInt8(VERSION, 8);
  header.writeUInt8(state.clean ? 1 : 0, 9);
  const name = Buffer.from(state.placedName, 'utf8').subarray(0, MAX_PLACED_NAME_BYTES);
  header.writeUInt8(name.length, 10);
  Buffer.from(documentId, 'hex').copy(header, 12);
  header.writeBigUInt64BE(BigInt(size), 44);
  header.writeBigUInt64BE(BigInt(pieceLength), 52);
  header.write(state.bootId.slice(0, BOOT_ID_BYTES), 60, 'latin1');
  name.copy(header, 96);
  return header;
}

/** Reads a `.have` file; undefined unless it is whole, of a version that we know, and of this document and piece length. */
export function decodeHave(
  bytes: Uint8Array,
  spec: StoredDocumentSpec,
): { readonly state: HaveState; readonly marks: Uint8Array } | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length !== HAVE_HEADER_BYTES + pieceCount(spec.size, spec.pieceLength)) return undefined;
  const state: HaveState = {
    clean: file.readUInt8(9) === 1,
    bootId: file.toString('latin1', 60, 60 + BOOT_ID_BYTES).replace(/\0+$/, ''),
    placedName: file.toString('utf8', 96, 96 + file.readUInt8(10)),
  };
  // Everything but the state is fixed, so a header of this document is what we would write for it.
  if (!file.subarray(0, HAVE_HEADER_BYTES).equals(encodeHaveHeader(spec, state))) return undefined;
  return { state, marks: new Uint8Array(file.subarray(HAVE_HEADER_BYTES)) };
}
