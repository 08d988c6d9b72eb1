import { PageSwarmError } from './errors.ts';

declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** The identity of a document: the SHA-256 Merkle root of its bytes (BEP 52 "pieces root"), 64 lower-case hex digits. */
export type DocumentId = Branded<string, 'DocumentId'>;
/** SHA-1 of the info dictionary (BEP 3), 40 lower-case hex digits. */
export type InfoHashV1 = Branded<string, 'InfoHashV1'>;
/** SHA-256 of the info dictionary (BEP 52), 64 lower-case hex digits. */
export type InfoHashV2 = Branded<string, 'InfoHashV2'>;
/** MD5 of the whole file, 32 lower-case hex digits. It identifies, it protects nothing. */
export type Md5 = Branded<string, 'Md5'>;
/** A node of the swarm: 20 random bytes as 40 lower-case hex digits, the width of a BitTorrent peer id. */
export type PeerId = Branded<string, 'PeerId'>;
/** Index of a piece, from 0. */
export type PieceIndex = Branded<number, 'PieceIndex'>;
/** Number of a page as people count, from 1. */
export type PageNumber = Branded<number, 'PageNumber'>;

function hexParser<T extends string>(noun: string, digits: number): (text: string) => T {
  const shape = new RegExp(`^[0-9a-f]{${digits}}$`);
  return (text) => {
    const lower = String(text).toLowerCase();
    if (!shape.test(lower))
      throw new PageSwarmError('INVALID_ID', `${noun} must be ${digits} hex digits, got "${String(text).slice(0, 80)}"`);
    return lower as T;
  };
}

/** @throws PageSwarmError INVALID_ID unless `text` is 64 hex digits. */
export const documentId = hexParser<DocumentId>('A document id', 64);
/** @throws PageSwarmError INVALID_ID unless `text` is 40 hex digits. */
export const infoHashV1 = hexParser<InfoHashV1>('A v1 info-hash', 40);
/** @throws PageSwarmError INVALID_ID unless `text` is 64 hex digits. */
export const infoHashV2 = hexParser<InfoHashV2>('A v2 info-hash', 64);
/** @throws PageSwarmError INVALID_ID unless `text` is 32 hex digits. */
export const md5 = hexParser<Md5>('An md5', 32);
/** @throws PageSwarmError INVALID_ID unless `text` is 40 hex digits. */
export const peerId = hexParser<PeerId>('A peer id', 40);

/** @throws PageSwarmError INVALID_ID unless `value` is a whole number from 0. */
export function pieceIndex(value: number): PieceIndex {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new PageSwarmError('INVALID_ID', `A piece index must be a whole number from 0, got ${value}`);
  return value as PieceIndex;
}

/** @throws PageSwarmError INVALID_ID unless `value` is a whole number from 1. */
export function pageNumber(value: number): PageNumber {
  if (!Number.isSafeInteger(value) || value < 1)
    throw new PageSwarmError('INVALID_ID', `A page number must be a whole number from 1, got ${value}`);
  return value as PageNumber;
}
