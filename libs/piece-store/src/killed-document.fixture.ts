import { createHash } from 'node:crypto';
import { documentId } from '@pageswarm/primitives';
import type { StoredDocumentSpec } from './piece-store.ts';

/** The document that processes write while they are killed: both sides know its bytes, as they follow from the piece index. */
export const KILLED_DOCUMENT: StoredDocumentSpec = {
  documentId: documentId('5e'.repeat(32)),
  name: 'killed.pdf',
  size: 1500 * 16_384 - 77,
  pieceLength: 16_384,
};

export function killedPiece(piece: number): Uint8Array {
  const { size, pieceLength } = KILLED_DOCUMENT;
  const block = createHash('sha512').update(`piece ${piece}`).digest();
  const bytes = new Uint8Array(Math.min(pieceLength, size - piece * pieceLength));
  for (let offset = 0; offset < bytes.length; offset += block.length) bytes.set(block.subarray(0, bytes.length - offset), offset);
  return bytes;
}
