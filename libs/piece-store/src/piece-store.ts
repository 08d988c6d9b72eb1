import { type Bitfield, type ByteSource, type DocumentId, documentId, PageSwarmError, pieceCount, pieceSize } from '@pageswarm/primitives';

/** The longest range that one read returns, in bytes; whoever wants more reads in steps. */
export const MAX_READ_BYTES = 64 * 1024 * 1024;

/** What a store must know of a document to keep its pieces. */
export interface StoredDocumentSpec {
  readonly documentId: DocumentId;
  /** As it came from the network; the store makes a safe file name of it. */
  readonly name: string;
  /** Bytes of the document. */
  readonly size: number;
  readonly pieceLength: number;
}

export interface OpenOptions {
  /** The {@link DocumentPieces.fileName} under which the finished document was placed, from the owner's record. */
  readonly fileName?: string;
  /** The {@link DocumentPieces.modifiedAt} from the same record. A file that was changed at another time is not trusted. */
  readonly modifiedAt?: number;
}

/**
 * Where verified pieces live. A document is open at most once at a time.
 *
 * Every method rejects with PageSwarmError STORE_FULL when the disk or a quota is full, and STORE_FAILED for any other
 * failure of the disk.
 */
export interface PieceStore {
  /**
   * Creates a partial document, resumes one, or opens a finished one.
   * @throws PageSwarmError WRONG_STATE if it is open already, STORE_FAILED if `fileName` is given and that file is missing or of another size
   */
  open(spec: StoredDocumentSpec, options?: OpenOptions): Promise<DocumentPieces>;
  /**
   * Takes a whole, already hashed file into the store: it is moved, and stays where it was if this fails.
   * @throws PageSwarmError DOCUMENT_EXISTS if the document is open, INVALID_REQUEST if the file has another size
   */
  adopt(spec: StoredDocumentSpec, sourcePath: string): Promise<DocumentPieces>;
  /** Closes every open document. */
  close(): Promise<void>;
}

/**
 * The pieces of one document that are here.
 *
 * After `close` or `remove`, reads reject with PIECE_NOT_HERE and everything else with WRONG_STATE.
 */
export interface DocumentPieces extends ByteSource {
  readonly spec: StoredDocumentSpec;
  /** Verified pieces that can be read. Live: it changes with every write and must not be changed by others. */
  readonly have: Bitfield;
  /**
   * True while pieces of an earlier run are not trusted: the machine stopped hard, or the file was touched. {@link verify} ends it,
   * and for a document that has its place already and of which nothing was lost, {@link finish}.
   */
  readonly needsVerification: boolean;
  /** All pieces are here and the document lies in its final place. */
  readonly complete: boolean;
  /** The name of the finished file in the store. Its owner records it and gives it to `open` after a restart. */
  readonly fileName?: string;
  /** When the finished file was last changed, in ms since 1970, in a store that has files. Its owner records it as the name. */
  readonly modifiedAt?: number;
  /** Where the finished file lies, in a store that has files. */
  readonly path?: string;
  /** The file that holds the bytes now, in a store that has files; only the pieces that are here mean anything in it. */
  readonly bytesPath?: string;

  /**
   * Keeps a piece that the caller has verified. Resolves when the bytes and then the mark that they are here are with the
   * operating system. `bytes` are held, not copied, until then: a caller bounds its memory by how many writes it has open.
   */
  write(piece: number, bytes: Uint8Array): Promise<void>;
  /**
   * Any range of bytes.
   * @param target where they go, if it is at least `length` bytes long; the result is then a view of its beginning
   * @throws PageSwarmError PIECE_NOT_HERE if a piece of the range is not here, INVALID_REQUEST outside the document or over MAX_READ_BYTES
   */
  read(offset: number, length: number, target?: Uint8Array): Promise<Uint8Array>;
  /**
   * Reads every piece that is or may be here, asks `isPiece`, and forgets those that are not what they should be.
   * @returns how many pieces were lost
   */
  verify(isPiece: (piece: number, bytes: Uint8Array) => boolean): Promise<number>;
  /** Drops a rotten piece; it can be written again, and then `finish` makes the document complete again. */
  forget(piece: number): Promise<void>;
  /**
   * Moves the document to its final place in one step, under a name that no other file has. Reads go on meanwhile.
   * @throws PageSwarmError WRONG_STATE while a piece is missing
   */
  finish(): Promise<void>;
  /** Deletes the document from the store, finished or not, and closes it. */
  remove(): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** @throws PageSwarmError INVALID_ID or INVALID_REQUEST unless the spec describes a document; its id becomes part of a path. */
export function demandSpec(spec: StoredDocumentSpec): void {
  documentId(spec.documentId);
  if (!Number.isSafeInteger(spec.size) || spec.size < 1)
    throw new PageSwarmError('INVALID_REQUEST', `A document has at least one byte, got ${spec.size}`);
  if (!Number.isSafeInteger(spec.pieceLength) || spec.pieceLength < 1)
    throw new PageSwarmError('INVALID_REQUEST', `A piece has at least one byte, got ${spec.pieceLength}`);
}

/** @throws PageSwarmError INVALID_REQUEST unless the document has such a piece, and `length` (if given) is its size. */
export function demandPiece({ size, pieceLength }: StoredDocumentSpec, piece: number, length?: number): void {
  if (!Number.isInteger(piece) || piece < 0 || piece >= pieceCount(size, pieceLength))
    throw new PageSwarmError('INVALID_REQUEST', `The document has ${pieceCount(size, pieceLength)} pieces, not a piece ${piece}`);
  const expected = pieceSize(piece, size, pieceLength);
  if (length !== undefined && length !== expected)
    throw new PageSwarmError('INVALID_REQUEST', `Piece ${piece} has ${expected} bytes, got ${length}`);
}

/** @throws PageSwarmError INVALID_REQUEST unless the range lies inside the document and is at most {@link MAX_READ_BYTES} long. */
export function demandRange({ size }: StoredDocumentSpec, offset: number, length: number): void {
  const isInside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= size;
  if (!isInside) throw new PageSwarmError('INVALID_REQUEST', `Bytes ${offset}+${length} are outside a document of ${size}`);
  if (length > MAX_READ_BYTES)
    throw new PageSwarmError('INVALID_REQUEST', `A read returns at most ${MAX_READ_BYTES} bytes, asked for ${length}`);
}
