import { createHash, type Hash } from 'node:crypto';
import {
  choosePieceLength,
  type DocumentId,
  documentId,
  LEAF_BLOCK_BYTES,
  type Md5,
  md5,
  PageSwarmError,
  pieceCount,
} from '@pageswarm/primitives';
import { documentRoot, isPieceLength, MERKLE_HASH_BYTES, pieceRoot, sha256 } from './merkle-tree.ts';

/** Bytes of one v1 piece hash (SHA-1). */
export const V1_HASH_BYTES = 20;

/** Every hash of a document that anybody asks for. */
export interface DocumentHashes {
  /** Bytes of the document. */
  readonly size: number;
  readonly pieceLength: number;
  readonly md5: Md5;
  /** SHA-256 of the whole file, 64 lower-case hex digits. */
  readonly sha256: string;
  /** The BEP 52 pieces root. */
  readonly root: DocumentId;
  /** 32 bytes per piece. A document of one piece has no layer in BEP 52; here it is the root itself. */
  readonly pieceLayer: Uint8Array;
  /** 20 bytes per piece. */
  readonly v1Pieces: Uint8Array;
}

/**
 * Computes all hashes of a document in one pass over its bytes, given in order and in chunks of any length.
 * Nothing is copied: a leaf or piece that a chunk cuts is hashed incrementally.
 * @throws PageSwarmError EMPTY_FILE for size 0, INVALID_REQUEST for a piece length that is not a power of two from 16 KiB up
 */
export class DocumentHasher {
  private readonly pieceLength: number;
  private readonly whole = createHash('sha256');
  private readonly wholeMd5 = createHash('md5');
  private readonly pieceLayer: Uint8Array;
  private readonly v1Pieces: Uint8Array;
  /** Leaf hashes of the piece that is being filled. */
  private readonly leaves: Uint8Array;
  private leafCount = 0;
  /** The hash of a leaf that is cut by the border between two chunks. */
  private openLeaf: Hash | undefined;
  private v1Piece = createHash('sha1');
  private offset = 0;

  constructor(
    private readonly size: number,
    pieceLength: number = choosePieceLength(size),
  ) {
    if (!Number.isSafeInteger(size) || size < 1) throw new PageSwarmError('EMPTY_FILE', `A document has at least one byte, got ${size}`);
    if (!isPieceLength(pieceLength))
      throw new PageSwarmError('INVALID_REQUEST', `A piece length is a power of two from ${LEAF_BLOCK_BYTES} up, got ${pieceLength}`);
    this.pieceLength = pieceLength;
    const pieces = pieceCount(size, pieceLength);
    this.pieceLayer = new Uint8Array(pieces * MERKLE_HASH_BYTES);
    this.v1Pieces = new Uint8Array(pieces * V1_HASH_BYTES);
    this.leaves = new Uint8Array(Math.ceil(Math.min(pieceLength, size) / LEAF_BLOCK_BYTES) * MERKLE_HASH_BYTES);
  }

  /**
   * Takes the next bytes of the document.
   * @throws PageSwarmError INVALID_REQUEST if there are more bytes than `size`
   */
  update(chunk: Uint8Array): this {
    if (this.offset + chunk.length > this.size)
      throw new PageSwarmError('INVALID_REQUEST', `The document is longer than the ${this.size} bytes it was said to have`);
    this.wholeMd5.update(chunk);
    this.whole.update(chunk);
    for (let taken = 0; taken < chunk.length; ) {
      const length = Math.min(LEAF_BLOCK_BYTES - (this.offset % LEAF_BLOCK_BYTES), chunk.length - taken);
      this.takeWithinLeaf(chunk.subarray(taken, taken + length));
      taken += length;
    }
    return this;
  }

  /** @throws PageSwarmError INVALID_REQUEST if there were fewer bytes than `size` */
  finish(): DocumentHashes {
    if (this.offset !== this.size)
      throw new PageSwarmError('INVALID_REQUEST', `The document ended after ${this.offset} of ${this.size} bytes`);
    return {
      size: this.size,
      pieceLength: this.pieceLength,
      md5: md5(this.wholeMd5.digest('hex')),
      sha256: this.whole.digest('hex'),
      root: documentId(Buffer.from(documentRoot(this.pieceLayer, this.pieceLength)).toString('hex')),
      pieceLayer: this.pieceLayer,
      v1Pieces: this.v1Pieces,
    };
  }

  /** `bytes` lie inside one leaf, and so inside one piece. */
  private takeWithinLeaf(bytes: Uint8Array): void {
    const leafStart = this.offset % LEAF_BLOCK_BYTES;
    this.offset += bytes.length;
    const leafEnds = leafStart + bytes.length === LEAF_BLOCK_BYTES || this.offset === this.size;
    if (leafStart === 0 && leafEnds) this.closeLeaf(sha256(bytes));
    else {
      this.openLeaf ??= createHash('sha256');
      this.openLeaf.update(bytes);
      if (leafEnds) {
        this.closeLeaf(this.openLeaf.digest());
        this.openLeaf = undefined;
      }
    }
    this.v1Piece.update(bytes);
    if (this.offset % this.pieceLength === 0 || this.offset === this.size) this.closePiece();
  }

  private closeLeaf(hash: Uint8Array): void {
    this.leaves.set(hash, this.leafCount++ * MERKLE_HASH_BYTES);
  }

  private closePiece(): void {
    const index = Math.ceil(this.offset / this.pieceLength) - 1;
    const leaves = this.leaves.subarray(0, this.leafCount * MERKLE_HASH_BYTES);
    this.pieceLayer.set(pieceRoot(leaves, { size: this.size, pieceLength: this.pieceLength }), index * MERKLE_HASH_BYTES);
    this.v1Pieces.set(this.v1Piece.digest(), index * V1_HASH_BYTES);
    this.leafCount = 0;
    this.v1Piece = createHash('sha1');
  }
}
