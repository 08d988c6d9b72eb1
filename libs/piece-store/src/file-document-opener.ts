import { join } from 'node:path';
import { type Bitfield, PageSwarmError, pieceCount } from '@pageswarm/primitives';
import { DataFile } from './data-file.ts';
import { FileDocument } from './file-document.ts';
import type { FileHandles } from './file-handles.ts';
import type { FileFacts, FileOperations } from './file-operations.ts';
import { type FoundHave, findHave, HaveFile } from './have-file.ts';
import type { HaveState } from './have-file-layout.ts';
import type { StoredDocumentSpec } from './piece-store.ts';

/**
 * How much later than its marks a `.part` file may have been changed, in milliseconds, before it counts as touched by others:
 * bytes are written just before their marks, and some file systems keep even seconds.
 */
export const MODIFICATION_TOLERANCE_MS = 2_000;

/** What a document needs of the store that opens it. */
export interface FileDocumentHome {
  readonly operations: FileOperations;
  readonly handles: FileHandles;
  readonly documentsDirectory: string;
  readonly incomingDirectory: string;
  readonly bootId: string;
  readonly onEnd: () => void;
}

/** What was found of a document. */
interface OpenedFiles {
  readonly fileName?: string;
  readonly modifiedAt?: number;
  readonly haveFile?: HaveFile;
  readonly isTrusted: boolean;
}

/** Decides what the files that are there say about a document, and opens it accordingly. */
export class FileDocumentOpener {
  readonly partPath: string;
  readonly havePath: string;

  constructor(
    private readonly spec: StoredDocumentSpec,
    private readonly home: FileDocumentHome,
  ) {
    this.partPath = join(home.incomingDirectory, `${spec.documentId}.part`);
    this.havePath = join(home.incomingDirectory, `${spec.documentId}.have`);
  }

  /** A finished document, by the name that its owner recorded; not trusted if the file was changed at another time than recorded. */
  async openPlaced(fileName: string, modifiedAt?: number): Promise<FileDocument> {
    if (!isPlainName(fileName)) throw new PageSwarmError('INVALID_REQUEST', 'The name of a finished file has no path in it');
    const { operations, documentsDirectory } = this.home;
    const facts = await operations.facts(join(documentsDirectory, fileName));
    if (!facts) throw new PageSwarmError('STORE_FAILED', `The file "${fileName}" is missing from the documents folder`);
    if (facts.size !== this.spec.size)
      throw new PageSwarmError('STORE_FAILED', `The file "${fileName}" has ${facts.size} bytes instead of ${this.spec.size}`);
    const found = await findHave(operations, this.home.handles, this.havePath, this.spec);
    await operations.unlink(this.partPath);
    if (found?.state.placedName === fileName && found.marks.includes(0)) return this.resume(found, facts, fileName);
    if (modifiedAt !== undefined && facts.modifiedAt !== modifiedAt) return this.resume(undefined, facts, fileName);
    await operations.unlink(this.havePath);
    return this.finished(fileName, facts.modifiedAt);
  }

  /** A partial document that is there, or a new one. */
  async openPartial(): Promise<FileDocument> {
    const { operations, documentsDirectory } = this.home;
    const found = await findHave(operations, this.home.handles, this.havePath, this.spec);
    const part = await operations.facts(this.partPath);
    const fileName = found?.state.placedName ?? '';
    if (found && isPlainName(fileName)) {
      const facts = await operations.facts(join(documentsDirectory, fileName));
      // The process died after the file had got its place, and before its owner had recorded it.
      if (facts?.size === this.spec.size && (!part || part.identity === facts.identity)) {
        await operations.unlink(this.partPath);
        const isTouched = facts.modifiedAt > found.modifiedAt + MODIFICATION_TOLERANCE_MS;
        return found.marks.includes(0) || isTouched ? this.resume(found, facts, fileName) : this.finished(fileName, facts.modifiedAt);
      }
    }
    return part ? this.resume(found, part) : this.create();
  }

  finished(fileName: string, modifiedAt: number | undefined): FileDocument {
    return this.document({ fileName, modifiedAt, isTrusted: true });
  }

  private async create(): Promise<FileDocument> {
    const haveFile = this.haveFileOf({ clean: false, bootId: this.home.bootId, placedName: '' }, this.emptyMarks());
    // The marks come first: a `.part` file without any is taken for one whose marks got lost.
    await haveFile.create();
    await this.setPartSize('w+');
    return this.document({ haveFile, isTrusted: true });
  }

  /** Without usable marks every piece may be here, and none is trusted. */
  private async resume(found: FoundHave | undefined, data: FileFacts, fileName?: string): Promise<FileDocument> {
    const marks = found?.marks ?? this.emptyMarks().fill(1);
    const state = found?.state ?? { clean: false, bootId: '', placedName: fileName ?? '' };
    const haveFile = this.haveFileOf(state, marks);
    if (!found) await haveFile.create();
    if (data.size !== this.spec.size) await this.setPartSize('r+');
    const isUntouched = data.size === this.spec.size && data.modifiedAt <= (found?.modifiedAt ?? 0) + MODIFICATION_TOLERANCE_MS;
    const isKept = state.clean || (this.home.bootId !== '' && state.bootId === this.home.bootId);
    return this.document({ fileName, modifiedAt: data.modifiedAt, haveFile, isTrusted: !marks.includes(1) || (isUntouched && isKept) });
  }

  private document({ fileName, modifiedAt, haveFile, isTrusted }: OpenedFiles): FileDocument {
    const { operations, handles, documentsDirectory, bootId, onEnd } = this.home;
    const data = new DataFile({ operations, handles, documentsDirectory, partPath: this.partPath, fileName, modifiedAt });
    return new FileDocument(this.spec, {
      data,
      haveFile,
      isTrusted,
      bootId,
      onEnd,
      unlinkHaveFile: () => operations.unlink(this.havePath),
      createHaveFile: async (have) => {
        const created = this.haveFileOf({ clean: false, bootId, placedName: data.fileName ?? '' }, marksOf(have));
        await created.create();
        return created;
      },
    });
  }

  private haveFileOf(state: HaveState, marks: Uint8Array): HaveFile {
    return new HaveFile(this.home.operations, this.home.handles, this.havePath, this.spec, state, marks);
  }

  private emptyMarks(): Uint8Array {
    return new Uint8Array(pieceCount(this.spec.size, this.spec.pieceLength));
  }

  /** The file has its full size from the start, as a hole that pieces fill. */
  private async setPartSize(flags: 'w+' | 'r+'): Promise<void> {
    const open = () => this.home.operations.open(this.partPath, flags);
    await this.home.handles.once(open, (file) => file.truncate(this.spec.size));
  }
}

function marksOf(have: Bitfield): Uint8Array {
  return Uint8Array.from({ length: have.size }, (_, piece) => (have.has(piece) ? 1 : 0));
}

/** Records and notes are our own, but what is joined to a path is looked at all the same. */
function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\]/.test(name) && !name.includes('\0');
}
