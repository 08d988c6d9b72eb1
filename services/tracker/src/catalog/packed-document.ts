import { PART, type PackedDescription } from './description.ts';
import type { PackedIdentity } from './identity-table.ts';

/**
 * A document with its holders as bytes and numbers, ready to go into the tables of a catalog as it is. One is used for
 * very many documents, one after the other.
 */
export class PackedDocument implements PackedDescription, PackedIdentity {
  /** What the places of hashes, texts, words and holders mean. */
  source: Buffer = Buffer.alloc(0);
  /** Where its root is: beside the rest in some stores, in front of it in others. */
  ids: Buffer = this.source;
  rootAt = 0;
  v2At = 0;
  v1At = 0;
  md5At = 0;
  addedByAt = 0;
  readonly parts = new Uint32Array(2 * Object.keys(PART).length);
  isMapped = false;
  isEncrypted = false;
  needsPassword = false;
  size = 0;
  /** The piece length as a power of two. */
  pieceBits = 0;
  addedAt = 0;
  completed = 0;
  /** -1 while nobody knows. */
  pages = -1;
  /** Where the words of each page are, behind the count of pages, all of them varints; the same place for none. */
  wordsStart = 0;
  wordsEnd = 0;
  holders = 0;
  /** Where the id of each holder is. */
  holderPlaces = new Uint32Array(64);
  /** How many pieces each holder has, twice, and one more if that is said to be all. */
  holderPieces = new Uint32Array(64);

  reserveHolders(count: number): void {
    if (count <= this.holderPlaces.length) return;
    this.holderPlaces = new Uint32Array(2 * count);
    this.holderPieces = new Uint32Array(2 * count);
  }
}
