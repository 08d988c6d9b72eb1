import { pieceCount } from '@pageswarm/primitives';
import type { FileHandles, FileSlot } from './file-handles.ts';
import type { FileFacts, FileOperations } from './file-operations.ts';
import { GroupCommit } from './group-commit.ts';
import { decodeHave, encodeHaveHeader, HAVE_HEADER_BYTES, type HaveState } from './have-file-layout.ts';
import type { StoredDocumentSpec } from './piece-store.ts';
import { readWhole, writeWhole } from './whole-transfers.ts';

/** What a `.have` file of an earlier run says. */
export interface FoundHave {
  readonly state: HaveState;
  /** One byte per piece, 1 when it was here. */
  readonly marks: Uint8Array;
  readonly modifiedAt: number;
}

/** Reads the `.have` file of a document; undefined when it is missing or says nothing that can be used. */
export async function findHave(
  operations: FileOperations,
  handles: FileHandles,
  path: string,
  spec: StoredDocumentSpec,
): Promise<FoundHave | undefined> {
  const facts = await operations.facts(path);
  if (facts?.size !== HAVE_HEADER_BYTES + pieceCount(spec.size, spec.pieceLength)) return undefined;
  const bytes = new Uint8Array(facts.size);
  const open = () => operations.open(path, 'r');
  if ((await handles.once(open, (file) => readWhole(file, bytes, 0))) < bytes.length) return undefined;
  const have = decodeHave(bytes, spec);
  return have && { ...have, modifiedAt: (facts as FileFacts).modifiedAt };
}

/** The marks of the pieces that are here, in memory and on disk. Marks that are set together are written together. */
export class HaveFile {
  private readonly slot: FileSlot;
  /** The marks that the next write must cover, from the first to the last. */
  private dirty: { first: number; last: number } | undefined;
  private readonly commit = new GroupCommit(() => this.writeMarks());

  constructor(
    private readonly operations: FileOperations,
    private readonly handles: FileHandles,
    readonly path: string,
    private readonly spec: StoredDocumentSpec,
    private state: HaveState,
    private readonly marks: Uint8Array,
  ) {
    this.slot = { open: () => operations.open(path, 'r+') };
  }

  /** Writes the whole file anew. */
  async create(): Promise<void> {
    const open = () => this.operations.open(this.path, 'w+');
    await this.handles.once(open, (file) => writeWhole(file, [encodeHaveHeader(this.spec, this.state), this.marks], 0));
  }

  isMarked(piece: number): boolean {
    return this.marks[piece] === 1;
  }

  /** Resolves when the mark is with the operating system. Mark a piece as here only after its bytes are. */
  mark(piece: number, isHere: boolean): Promise<void> {
    this.marks[piece] = isHere ? 1 : 0;
    this.dirty = { first: Math.min(piece, this.dirty?.first ?? piece), last: Math.max(piece, this.dirty?.last ?? piece) };
    return this.commit.run();
  }

  /** Writes the header; with `sync` it resolves when header and marks are on the disk itself. */
  async stamp(change: Partial<HaveState>, { sync = false } = {}): Promise<void> {
    this.state = { ...this.state, ...change };
    const header = encodeHaveHeader(this.spec, this.state);
    await this.handles.use(this.slot, async (file) => {
      await writeWhole(file, [header], 0);
      if (sync) await file.sync();
    });
  }

  get isClean(): boolean {
    return this.state.clean;
  }

  release(): Promise<void> {
    return this.handles.release(this.slot);
  }

  private async writeMarks(): Promise<void> {
    if (!this.dirty) return;
    const { first, last } = this.dirty;
    this.dirty = undefined;
    await this.handles.use(this.slot, (file) => writeWhole(file, [this.marks.subarray(first, last + 1)], HAVE_HEADER_BYTES + first));
  }
}
