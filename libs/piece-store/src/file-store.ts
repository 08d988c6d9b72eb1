import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type DocumentId, PageSwarmError } from '@pageswarm/primitives';
import type { FileDocument } from './file-document.ts';
import { FileDocumentOpener } from './file-document-opener.ts';
import { FileHandles, MAX_OPEN_FILES } from './file-handles.ts';
import { errnoOf, type FileOperations, NodeFileOperations } from './file-operations.ts';
import { placeFile } from './file-placement.ts';
import { type DocumentPieces, demandSpec, type OpenOptions, type PieceStore, type StoredDocumentSpec } from './piece-store.ts';
import { candidateFileNames } from './safe-file-name.ts';
import { onDisk } from './store-failure.ts';

export interface FileStoreOptions {
  /** The folder that holds `documents` and `incoming`; created when it is missing. */
  readonly directory: string;
  /** @default the file system of the machine */
  readonly operations?: FileOperations;
  /** @default MAX_OPEN_FILES */
  readonly maxOpenFiles?: number;
  /** Tells boots of the operating system apart; empty when nothing can. @default what Linux says */
  readonly bootId?: string;
}

/**
 * Pieces in files: `documents/<name>` for finished documents, `incoming/<document id>.part` and `.have` for partial ones.
 *
 * A process that dies loses the pieces in flight and no more: bytes are with the operating system before their mark is. When the
 * operating system itself may have lost something (another boot and no clean close, or a `.part` of another size or changed after
 * its marks), `needsVerification` says so. One process owns the folder.
 */
export class FileStore implements PieceStore {
  private readonly operations: FileOperations;
  private readonly handles: FileHandles;
  private readonly documentsDirectory: string;
  private readonly incomingDirectory: string;
  private readonly opened = new Map<DocumentId, Promise<FileDocument>>();
  private prepared: Promise<void> | undefined;
  private bootId: string | undefined;
  private isClosed = false;

  constructor({ directory, operations = new NodeFileOperations(), maxOpenFiles = MAX_OPEN_FILES, bootId }: FileStoreOptions) {
    this.operations = operations;
    this.handles = new FileHandles(maxOpenFiles);
    this.documentsDirectory = join(directory, 'documents');
    this.incomingDirectory = join(directory, 'incoming');
    this.bootId = bootId;
  }

  /** Files that are open now. */
  get openFileCount(): number {
    return this.handles.openCount;
  }

  /** Makes the folders; done with the first document at the latest. @throws PageSwarmError STORE_FULL, STORE_FAILED */
  prepare(): Promise<void> {
    this.prepared ??= onDisk('create the data folder', async () => {
      await this.operations.makeDirectory(this.documentsDirectory);
      await this.operations.makeDirectory(this.incomingDirectory);
      this.bootId ??= await readBootId();
    }).catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  /** Lets go of every file that is open and not in use: after the folder was away, what is open may not be what lies there. */
  async reopenFiles(): Promise<void> {
    await this.handles.releaseIdle();
  }

  open(spec: StoredDocumentSpec, { fileName, modifiedAt }: OpenOptions = {}): Promise<DocumentPieces> {
    return this.enter(spec, 'WRONG_STATE', (opener) =>
      onDisk('open the document', () => (fileName === undefined ? opener.openPartial() : opener.openPlaced(fileName, modifiedAt))),
    );
  }

  adopt(spec: StoredDocumentSpec, sourcePath: string): Promise<DocumentPieces> {
    return this.enter(spec, 'DOCUMENT_EXISTS', (opener) =>
      onDisk('take the file over', async () => {
        const fileName = await this.placeSource(spec, sourcePath, opener.partPath);
        await this.operations.syncDirectory(this.documentsDirectory);
        if (resolve(sourcePath) !== resolve(this.documentsDirectory, fileName)) await this.operations.unlink(sourcePath);
        await this.operations.unlink(opener.partPath);
        await this.operations.unlink(opener.havePath);
        const placed = await this.operations.facts(join(this.documentsDirectory, fileName));
        return opener.finished(fileName, placed?.modifiedAt);
      }),
    );
  }

  async close(): Promise<void> {
    this.isClosed = true;
    const documents = await Promise.allSettled(this.opened.values());
    const closings = await Promise.allSettled(
      documents.map((opening) => (opening.status === 'fulfilled' ? opening.value.close() : undefined)),
    );
    for (const closing of closings) if (closing.status === 'rejected') throw closing.reason;
  }

  /** One owner per document: two would write the same files. */
  private async enter(
    spec: StoredDocumentSpec,
    codeWhenOpen: 'WRONG_STATE' | 'DOCUMENT_EXISTS',
    action: (opener: FileDocumentOpener) => Promise<FileDocument>,
  ): Promise<FileDocument> {
    demandSpec(spec);
    const { documentId } = spec;
    if (this.isClosed) throw new PageSwarmError('WRONG_STATE', 'The store is closed');
    if (this.opened.has(documentId)) throw new PageSwarmError(codeWhenOpen, `Document ${documentId} is open already`);
    const entering = this.prepare().then(() => action(this.openerOf(spec)));
    this.opened.set(documentId, entering);
    try {
      return await entering;
    } catch (error) {
      this.opened.delete(documentId);
      throw error;
    }
  }

  private openerOf(spec: StoredDocumentSpec): FileDocumentOpener {
    const { operations, handles, documentsDirectory, incomingDirectory, bootId = '' } = this;
    const onEnd = () => this.opened.delete(spec.documentId);
    return new FileDocumentOpener(spec, { operations, handles, documentsDirectory, incomingDirectory, bootId, onEnd });
  }

  private async placeSource(spec: StoredDocumentSpec, sourcePath: string, partPath: string): Promise<string> {
    const facts = await this.operations.facts(sourcePath);
    if (facts?.size !== spec.size)
      throw new PageSwarmError('INVALID_REQUEST', `The file to take over has ${facts?.size ?? 'no'} bytes instead of ${spec.size}`);
    const place = (from: string) =>
      placeFile(this.operations, { from, directory: this.documentsDirectory, names: candidateFileNames(spec.name, spec.documentId) });
    await this.sync(sourcePath);
    try {
      return await place(sourcePath);
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
    }
    // The file lies on another file system: its bytes come over first, so that the last step is still one step.
    await this.operations.copy(sourcePath, partPath);
    await this.sync(partPath);
    return place(partPath);
  }

  private async sync(path: string): Promise<void> {
    // Windows syncs only what is open for writing; elsewhere the file may be write-protected.
    const open = () => this.operations.open(path, process.platform === 'win32' ? 'r+' : 'r');
    await this.handles.once(open, (file) => file.sync());
  }
}

/** Other systems than Linux have no such id; there only a clean close is trusted. */
async function readBootId(): Promise<string> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
  } catch {
    return '';
  }
}
