import { readFile, unlink } from 'node:fs/promises';
import { Bitfield, type DocumentId, PageSwarmError, pieceCount, pieceSize, piecesOfBytes } from '@pageswarm/primitives';
import { NodeFileOperations } from './file-operations.ts';
import {
  type DocumentPieces,
  demandPiece,
  demandRange,
  demandSpec,
  type OpenOptions,
  type PieceStore,
  type StoredDocumentSpec,
} from './piece-store.ts';
import { candidateFileNames } from './safe-file-name.ts';
import { onDisk } from './store-failure.ts';

/** How many bytes a memory store holds before it is full. */
export const MEMORY_STORE_BYTES = 256 * 1024 * 1024;

interface KeptDocument {
  readonly pieces: Map<number, Uint8Array>;
  readonly pieceLength: number;
  fileName?: string;
}

/** Pieces in memory: the twin of the file store for tests and simulations. What was closed can be opened again while it lives. */
export class MemoryStore implements PieceStore {
  private readonly kept = new Map<DocumentId, KeptDocument>();
  private readonly opened = new Map<DocumentId, MemoryDocument>();
  private bytes = 0;

  constructor(private readonly options: { /** @default MEMORY_STORE_BYTES */ readonly maxBytes?: number } = {}) {}

  async open(spec: StoredDocumentSpec, { fileName }: OpenOptions = {}): Promise<DocumentPieces> {
    demandSpec(spec);
    if (this.opened.has(spec.documentId)) throw new PageSwarmError('WRONG_STATE', `Document ${spec.documentId} is open already`);
    let kept = this.kept.get(spec.documentId);
    if (fileName !== undefined && (kept?.fileName !== fileName || kept.pieceLength !== spec.pieceLength))
      throw new PageSwarmError('STORE_FAILED', `The file "${fileName}" is missing from the store`);
    if (kept?.pieceLength !== spec.pieceLength) kept = { pieces: new Map(), pieceLength: spec.pieceLength };
    this.kept.set(spec.documentId, kept);
    return this.enter(spec, kept);
  }

  async adopt(spec: StoredDocumentSpec, sourcePath: string): Promise<DocumentPieces> {
    demandSpec(spec);
    if (this.opened.has(spec.documentId)) throw new PageSwarmError('DOCUMENT_EXISTS', `Document ${spec.documentId} is open already`);
    const facts = await new NodeFileOperations().facts(sourcePath);
    if (facts?.size !== spec.size)
      throw new PageSwarmError('INVALID_REQUEST', `The file to take over has ${facts?.size ?? 'no'} bytes instead of ${spec.size}`);
    const bytes = await onDisk('take the file over', () => readFile(sourcePath));
    this.take(bytes.length);
    const kept: KeptDocument = { pieces: new Map(), pieceLength: spec.pieceLength };
    for (let piece = 0; piece < pieceCount(spec.size, spec.pieceLength); piece++)
      kept.pieces.set(piece, new Uint8Array(bytes.subarray(piece * spec.pieceLength, (piece + 1) * spec.pieceLength)));
    this.kept.set(spec.documentId, kept);
    kept.fileName = this.freeName(spec);
    await unlink(sourcePath);
    return this.enter(spec, kept);
  }

  async close(): Promise<void> {
    for (const document of [...this.opened.values()]) await document.close();
  }

  private enter(spec: StoredDocumentSpec, kept: KeptDocument): MemoryDocument {
    const document = new MemoryDocument(spec, kept, {
      take: (bytes) => this.take(bytes),
      freeName: () => this.freeName(spec),
      onEnd: (isRemoved) => {
        this.opened.delete(spec.documentId);
        if (isRemoved) this.kept.delete(spec.documentId);
      },
    });
    this.opened.set(spec.documentId, document);
    return document;
  }

  private take(bytes: number): void {
    if (this.bytes + bytes > (this.options.maxBytes ?? MEMORY_STORE_BYTES))
      throw new PageSwarmError('STORE_FULL', 'The memory store is full');
    this.bytes += bytes;
  }

  private freeName({ name, documentId }: StoredDocumentSpec): string {
    const taken = new Set([...this.kept.values()].map(({ fileName }) => fileName));
    for (const candidate of candidateFileNames(name, documentId)) if (!taken.has(candidate)) return candidate;
    throw new PageSwarmError('STORE_FAILED', 'Every name that the document could have is taken');
  }
}

interface MemoryHome {
  /** Negative to give back. Throws STORE_FULL. */
  take(bytes: number): void;
  freeName(): string;
  onEnd(isRemoved: boolean): void;
}

class MemoryDocument implements DocumentPieces {
  readonly have: Bitfield;
  readonly needsVerification = false;
  private state: 'open' | 'closed' | 'removed' = 'open';

  constructor(
    readonly spec: StoredDocumentSpec,
    private readonly kept: KeptDocument,
    private readonly home: MemoryHome,
  ) {
    this.have = new Bitfield(pieceCount(spec.size, spec.pieceLength));
    for (const piece of kept.pieces.keys()) this.have.set(piece);
  }

  get size(): number {
    return this.spec.size;
  }

  get complete(): boolean {
    return this.kept.fileName !== undefined && this.have.isFull;
  }

  get fileName(): string | undefined {
    return this.kept.fileName;
  }

  async write(piece: number, bytes: Uint8Array): Promise<void> {
    this.demandOpen();
    demandPiece(this.spec, piece, bytes.length);
    if (this.have.has(piece)) return;
    this.home.take(bytes.length);
    this.kept.pieces.set(piece, new Uint8Array(bytes));
    this.have.set(piece);
  }

  async read(offset: number, length: number, target?: Uint8Array): Promise<Uint8Array> {
    demandRange(this.spec, offset, length);
    const { pieceLength } = this.spec;
    const [first, count] = piecesOfBytes(offset, length, pieceLength);
    if (this.state !== 'open' || !this.have.hasRange(first, count))
      throw new PageSwarmError('PIECE_NOT_HERE', 'A piece of this range is not here');
    const bytes = target && target.length >= length ? target.subarray(0, length) : new Uint8Array(length);
    for (let piece = first; piece < first + count; piece++) {
      const start = piece * pieceLength;
      const part = this.kept.pieces.get(piece)?.subarray(Math.max(0, offset - start), offset + length - start);
      if (part) bytes.set(part, Math.max(0, start - offset));
    }
    return bytes;
  }

  async verify(isPiece: (piece: number, bytes: Uint8Array) => boolean): Promise<number> {
    this.demandOpen();
    const rotten = [...this.kept.pieces].filter(([piece, bytes]) => !isPiece(piece, bytes));
    for (const [piece] of rotten) await this.forget(piece);
    return rotten.length;
  }

  async forget(piece: number): Promise<void> {
    this.demandOpen();
    demandPiece(this.spec, piece);
    if (!this.have.clear(piece)) return;
    this.kept.pieces.delete(piece);
    this.home.take(-pieceSize(piece, this.spec.size, this.spec.pieceLength));
  }

  async finish(): Promise<void> {
    this.demandOpen();
    if (!this.have.isFull)
      throw new PageSwarmError('WRONG_STATE', `The document cannot be finished: ${this.have.size - this.have.count} pieces are missing`);
    this.kept.fileName ??= this.home.freeName();
  }

  async remove(): Promise<void> {
    if (this.state === 'removed') return;
    this.demandOpen();
    this.state = 'removed';
    for (const bytes of this.kept.pieces.values()) this.home.take(-bytes.length);
    this.home.onEnd(true);
  }

  async close(): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'closed';
    this.home.onEnd(false);
  }

  private demandOpen(): void {
    if (this.state !== 'open') throw new PageSwarmError('WRONG_STATE', 'The document is closed in this store');
  }
}
