import type { LocalDocument } from '../library/local-document.ts';

/**
 * Checks every piece as it lies on the disk and forgets those that changed there.
 * @returns how many were forgotten
 * @throws PageSwarmError STORE_FAILED
 */
export async function forgetRotten(document: LocalDocument): Promise<number> {
  let rotten = 0;
  for (let piece = 0; piece < document.have.size; piece++) if (document.have.has(piece) && !(await isSound(document, piece))) rotten++;
  return rotten;
}

/** True if a stored piece is on the disk what it was when it came; a rotten one is forgotten, so it is not served any more. */
export async function isSound(document: LocalDocument, piece: number): Promise<boolean> {
  const bytes = await document.pieces.read(piece * document.record.pieceLength, document.sizeOfPiece(piece));
  if (document.verifies(piece, bytes)) return true;
  await document.pieces.forget(piece);
  return false;
}
