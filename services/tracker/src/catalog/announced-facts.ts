import { PageSwarmError, pieceCount } from '@pageswarm/primitives';
import type { DocumentFacts, DocumentRecord } from './document-record.ts';

/** The most other names that a document is found by; later ones are not taken. */
export const MAX_ALIASES = 64;

/** What a peer tells that it has of a document. */
export interface Told {
  readonly have: number;
  readonly complete: boolean;
}

/** Up to the limit, each once, in the order of their coming. */
export function otherNames(name: string, others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [...new Set(others.map(wellFormed))].filter((other) => other !== name).slice(0, MAX_ALIASES);
}

/** Half characters cannot be kept as UTF-8; a name that has some would never be found equal to itself. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** @throws PageSwarmError INVALID_REQUEST */
export function demandFittingPieces(
  { id, size, pieceLength }: Pick<DocumentFacts, 'id' | 'size' | 'pieceLength'>,
  { have, complete }: Told,
): void {
  const pieces = pieceCount(size, pieceLength);
  if (have <= pieces && (!complete || have === pieces)) return;
  throw new PageSwarmError('INVALID_REQUEST', `Document ${id} has ${pieces} pieces; ${have}${complete ? ', complete,' : ''} does not fit`);
}

/**
 * One root is one sequence of bytes: whoever tells another size or md5 for it is mistaken or lies.
 * @throws PageSwarmError INVALID_REQUEST
 */
export function demandSameBytes(known: DocumentRecord, told: DocumentFacts): void {
  for (const field of ['size', 'md5', 'pieceLength'] as const)
    if (known[field] !== told[field])
      throw new PageSwarmError('INVALID_REQUEST', `${field}: document ${told.id} has ${known[field]}, not ${told[field]}`);
}
