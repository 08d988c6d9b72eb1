import { Bitfield, PageSwarmError, pieceCount, pieceSize, piecesOfBytes } from '@pageswarm/primitives';
import type { DataFile } from './data-file.ts';
import type { HaveFile } from './have-file.ts';
import { OperationGate } from './operation-gate.ts';
import { type DocumentPieces, demandPiece, demandRange, type StoredDocumentSpec } from './piece-store.ts';
import { PieceWriter } from './piece-writer.ts';
import { candidateFileNames } from './safe-file-name.ts';
import { onDisk } from './store-failure.ts';

/** The parts of a document in files, as the store found them. */
export interface FileDocumentParts {
  readonly data: DataFile;
  /** Left out for a finished document, of which every piece is here. */
  readonly haveFile?: HaveFile;
  /** The pieces marked in `haveFile` need no verification. */
  readonly isTrusted: boolean;
  /** Makes a `.have` file for a finished document of which a piece has rotted. */
  readonly createHaveFile: (have: Bitfield) => Promise<HaveFile>;
  /** Deletes the `.have` file, if there is one. */
  readonly unlinkHaveFile: () => Promise<void>;
  /** Of the operating system; empty when it cannot be known. */
  readonly bootId: string;
  /** The document was closed or removed. */
  readonly onEnd: () => void;
}

/** A document in files: the bytes, and the marks of the pieces that are here as long as one is missing. */
export class FileDocument implements DocumentPieces {
  readonly have: Bitfield;
  private haveFile: HaveFile | undefined;
  private isTrusted: boolean;
  private isFinished: boolean;
  private isWritten = false;
  private readonly gate = new OperationGate();
  private readonly writer: PieceWriter;
  private readonly writing = new Map<number, Promise<void>>();
  /** Set once the header of the marks says that they change. */
  private announced: Promise<void> | undefined;
  /** `forget` and `finish` take turns. */
  private turn: Promise<unknown> = Promise.resolve();
  private ending: { readonly kind: 'close' | 'remove'; readonly done: Promise<void> } | undefined;

  constructor(
    readonly spec: StoredDocumentSpec,
    private readonly parts: FileDocumentParts,
  ) {
    const { data, haveFile, isTrusted } = parts;
    const pieces = pieceCount(spec.size, spec.pieceLength);
    this.haveFile = haveFile;
    this.isTrusted = isTrusted;
    this.have = haveFile ? new Bitfield(pieces) : Bitfield.full(pieces);
    if (haveFile && isTrusted) for (let piece = 0; piece < pieces; piece++) if (haveFile.isMarked(piece)) this.have.set(piece);
    this.isFinished = data.fileName !== undefined && this.have.isFull;
    this.writer = new PieceWriter((firstPiece, pieceBytes) => data.write(pieceBytes, firstPiece * spec.pieceLength));
  }

  get size(): number {
    return this.spec.size;
  }

  get needsVerification(): boolean {
    return !this.isTrusted;
  }

  get complete(): boolean {
    return this.isFinished;
  }

  get fileName(): string | undefined {
    return this.parts.data.fileName;
  }

  get modifiedAt(): number | undefined {
    return this.fileName === undefined ? undefined : this.parts.data.modifiedAt;
  }

  get path(): string | undefined {
    return this.parts.data.fileName === undefined ? undefined : this.parts.data.path;
  }

  get bytesPath(): string {
    return this.parts.data.path;
  }

  write(piece: number, bytes: Uint8Array): Promise<void> {
    return this.gate.pass(closed, async () => {
      demandPiece(this.spec, piece, bytes.length);
      if (this.have.has(piece)) return;
      let writing = this.writing.get(piece);
      if (!writing) {
        writing = onDisk(`write piece ${piece}`, () => this.writeNew(piece, bytes)).finally(() => this.writing.delete(piece));
        this.writing.set(piece, writing);
      }
      await writing;
    });
  }

  read(offset: number, length: number, target?: Uint8Array): Promise<Uint8Array> {
    return this.gate.pass(notHere, async () => {
      demandRange(this.spec, offset, length);
      if (!this.have.hasRange(...piecesOfBytes(offset, length, this.spec.pieceLength))) throw notHere();
      const bytes = await onDisk('read the document', () => this.parts.data.read(offset, length, target));
      if (bytes.length < length) throw new PageSwarmError('STORE_FAILED', 'Cannot read the document: its file is shorter than its size');
      return bytes;
    });
  }

  verify(isPiece: (piece: number, bytes: Uint8Array) => boolean): Promise<number> {
    return this.gate.pass(closed, async () => {
      const { size, pieceLength } = this.spec;
      let lost = 0;
      for (let piece = 0; piece < this.have.size; piece++) {
        if (!this.gate.isOpen) throw closed();
        const mayBeHere = this.haveFile ? this.haveFile.isMarked(piece) : this.have.has(piece);
        if (!mayBeHere || this.writing.has(piece)) continue;
        const length = pieceSize(piece, size, pieceLength);
        const bytes = await onDisk(`read piece ${piece}`, () => this.parts.data.read(piece * pieceLength, length));
        // Whoever writes it now has verified it.
        if (this.writing.has(piece)) continue;
        if (bytes.length === length && isPiece(piece, bytes)) this.have.set(piece);
        else {
          await this.inTurn(() => this.drop(piece));
          lost++;
        }
      }
      if (!this.isTrusted) {
        this.isTrusted = true;
        this.announced = undefined;
        await onDisk('record the verification', () => this.announce());
      }
      return lost;
    });
  }

  forget(piece: number): Promise<void> {
    return this.gate.pass(closed, async () => {
      demandPiece(this.spec, piece);
      await this.inTurn(() => this.drop(piece));
    });
  }

  finish(): Promise<void> {
    return this.gate.pass(closed, () =>
      this.inTurn(async () => {
        if (this.isFinished) return;
        if (!this.have.isFull)
          throw new PageSwarmError(
            'WRONG_STATE',
            `The document cannot be finished: ${this.have.size - this.have.count} pieces are missing`,
          );
        await onDisk('finish the document', () => this.settle());
        this.isTrusted = true;
        this.isFinished = true;
      }),
    );
  }

  close(): Promise<void> {
    this.ending ??= { kind: 'close', done: this.endWith(() => this.recordCleanClose()) };
    return this.ending.done;
  }

  remove(): Promise<void> {
    this.ending ??= { kind: 'remove', done: this.endWith(() => this.deleteFiles()) };
    return this.ending.kind === 'remove' ? this.ending.done : Promise.reject(closed());
  }

  private async writeNew(piece: number, bytes: Uint8Array): Promise<void> {
    this.isWritten = true;
    await this.announce();
    await this.writer.add(piece, bytes);
    await this.haveFile?.mark(piece, true);
    this.have.set(piece);
    if (this.have.isFull) this.parts.data.syncAhead();
  }

  /**
   * Before the first change the header must stop saying that all is synced. Pieces that still need verification keep needing it
   * after a crash, also those written meanwhile.
   */
  private announce(): Promise<void> {
    this.announced ??= (async () => {
      const bootId = this.isTrusted ? this.parts.bootId : '';
      const sync = this.haveFile?.isClean ?? false;
      await this.haveFile?.stamp({ clean: false, bootId, placedName: this.fileName ?? '' }, { sync });
    })().catch((error: unknown) => {
      this.announced = undefined;
      throw error;
    });
    return this.announced;
  }

  private async drop(piece: number): Promise<void> {
    this.have.clear(piece);
    this.isFinished = false;
    await onDisk(`forget piece ${piece}`, async () => {
      if (this.haveFile) {
        await this.announce();
        await this.haveFile.mark(piece, false);
      } else this.haveFile = await this.parts.createHaveFile(this.have);
    });
  }

  /** Gives a document that has all pieces its place, or takes the marks from one that has it. */
  private async settle(): Promise<void> {
    const { data, unlinkHaveFile, bootId } = this.parts;
    // A file in its place of which nothing was written may be write-protected, and then cannot be synced.
    if (this.isWritten || data.fileName === undefined) await data.sync();
    if (data.fileName === undefined) {
      // The marks stay and say where the document went, until its owner has recorded that and opens it by its name.
      await data.place(candidateFileNames(this.spec.name, this.spec.documentId), async (placedName) => {
        this.announced = undefined;
        await this.haveFile?.stamp({ clean: true, bootId, placedName }, { sync: true });
      });
      await data.settled();
      return;
    }
    await data.settled();
    await unlinkHaveFile();
    await this.haveFile?.release();
    this.haveFile = undefined;
    this.announced = undefined;
  }

  /** A clean close is trusted after a restart of the machine too, and where its boots cannot be told apart. */
  private async recordCleanClose(): Promise<void> {
    if (!this.announced || !this.isTrusted || this.isFinished) return;
    await onDisk('close the document', async () => {
      await this.parts.data.sync();
      await this.haveFile?.stamp({ clean: true }, { sync: true });
    });
  }

  private async deleteFiles(): Promise<void> {
    await onDisk('remove the document', async () => {
      await this.parts.data.unlink();
      await this.parts.unlinkHaveFile();
    });
  }

  private async endWith(lastAction: () => Promise<void>): Promise<void> {
    await this.gate.close();
    try {
      await lastAction();
    } finally {
      await Promise.allSettled([this.parts.data.release(), this.haveFile?.release()]);
      this.parts.onEnd();
    }
  }

  private inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.turn.then(action);
    this.turn = result.catch(() => {});
    return result;
  }
}

function closed(): PageSwarmError {
  return new PageSwarmError('WRONG_STATE', 'The document is closed in this store');
}

function notHere(): PageSwarmError {
  return new PageSwarmError('PIECE_NOT_HERE', 'A piece of this range is not here');
}
