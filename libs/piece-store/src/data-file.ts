import { join } from 'node:path';
import { BackgroundSync } from './background-sync.ts';
import type { FileHandles, FileSlot } from './file-handles.ts';
import { errnoOf, type FileOperations, type OpenFile, type OpenFlags } from './file-operations.ts';
import { placeFile } from './file-placement.ts';
import { readWhole, writeWhole } from './whole-transfers.ts';

export interface DataFileOptions {
  readonly operations: FileOperations;
  readonly handles: FileHandles;
  readonly documentsDirectory: string;
  /** Where the bytes lie until the document gets its place. */
  readonly partPath: string;
  /** Set when it has its place already. */
  readonly fileName?: string;
  /** When it was last changed, in ms since 1970, as far as that is known. */
  readonly modifiedAt?: number;
}

/** The file with the bytes of a document, which moves once: from its `.part` path to its place among the documents. */
export class DataFile {
  private placedName: string | undefined;
  private changedAt: number | undefined;
  private moving: Promise<unknown> = Promise.resolve();
  private readonly syncing = new BackgroundSync(() => this.options.handles.use(this.writeSlot, (file) => file.sync()));
  private readonly writeSlot: FileSlot = { open: () => this.open('r+') };
  private readonly readSlot: FileSlot = { open: () => this.open('r') };

  constructor(private readonly options: DataFileOptions) {
    this.placedName = options.fileName;
    this.changedAt = options.modifiedAt;
  }

  get fileName(): string | undefined {
    return this.placedName;
  }

  /** When it was last changed before it was opened or {@link settled}, in ms since 1970. */
  get modifiedAt(): number | undefined {
    return this.changedAt;
  }

  /** Where the bytes lie now. */
  get path(): string {
    return this.placedName === undefined ? this.options.partPath : join(this.options.documentsDirectory, this.placedName);
  }

  /**
   * A partial file is read through the handle that writes it, a file in its place through one that cannot write.
   * @param memory where the bytes go, if there is room for them
   * @returns fewer than `length` bytes where the file ends too early
   */
  async read(offset: number, length: number, memory?: Uint8Array): Promise<Uint8Array> {
    const target = memory && memory.length >= length ? memory.subarray(0, length) : new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    const slot = this.placedName === undefined ? this.writeSlot : this.readSlot;
    const filled = await this.options.handles.use(slot, (file) => readWhole(file, target, offset));
    return target.subarray(0, filled);
  }

  async write(parts: readonly Uint8Array[], offset: number): Promise<void> {
    await this.options.handles.use(this.writeSlot, (file) => writeWhole(file, parts, offset));
    this.syncing.written(parts.reduce((sum, { length }) => sum + length, 0));
  }

  /** All is written: brings it to the disk itself while others look at it, so that {@link sync} has little left to do. */
  syncAhead(): void {
    this.syncing.begin();
  }

  /** Resolves when all that was written is on the disk itself. */
  async sync(): Promise<void> {
    await this.syncing.finish();
  }

  /**
   * Moves the file among the documents under the first name that is free. Reads go on meanwhile.
   * @param beforeTry is told each name before it is tried
   */
  async place(names: Iterable<string>, beforeTry: (name: string) => Promise<void>): Promise<void> {
    const { operations, handles, documentsDirectory: directory, partPath: from } = this.options;
    const moving = placeFile(operations, { from, directory, names, beforeTry }).then((name) => {
      this.placedName = name;
    });
    this.moving = moving.catch(() => {});
    await moving;
    await operations.syncDirectory(directory);
    await operations.unlink(from);
    await handles.release(this.writeSlot);
  }

  /** Nothing is written any more: notes the time of the last change. */
  async settled(): Promise<void> {
    this.changedAt = (await this.options.operations.facts(this.path))?.modifiedAt;
  }

  async unlink(): Promise<void> {
    await this.syncing.idle();
    const { operations, partPath } = this.options;
    if (this.placedName !== undefined) await operations.unlink(this.path);
    await operations.unlink(partPath);
  }

  /** Closes the handles that nobody uses. */
  async release(): Promise<void> {
    await this.syncing.idle();
    await this.options.handles.release(this.readSlot);
    await this.options.handles.release(this.writeSlot);
  }

  /** The file may move between the look at its path and its opening; then it is looked for again. */
  private async open(flags: OpenFlags): Promise<OpenFile> {
    for (;;) {
      const path = this.path;
      try {
        return await this.options.operations.open(path, flags);
      } catch (error) {
        await this.moving;
        if (errnoOf(error) !== 'ENOENT' || path === this.path) throw error;
      }
    }
  }
}
