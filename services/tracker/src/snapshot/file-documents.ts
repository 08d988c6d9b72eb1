import { type FileHandle, open } from 'node:fs/promises';
import { type DocumentsSource, PackedEntries } from './packed-entries.ts';
import { decodeEntry, frameLengthAt } from './snapshot-journal.ts';

/** How much of the file is read at once, in bytes; a longer frame is read alone. */
const READ_BYTES = 1_048_576;

/** The documents of a snapshot file whose living frames are known, and were found whole. */
export class FileDocuments implements DocumentsSource {
  private file: FileHandle | undefined;
  private readonly entries = new PackedEntries();

  /** @param starts where the frame of each document begins, in any order; sorted here */
  constructor(
    private readonly path: string,
    private readonly starts: Float64Array,
  ) {}

  async *load(): AsyncGenerator<PackedEntries> {
    const { starts, entries } = this;
    this.file = await open(this.path, 'r');
    starts.sort();
    entries.bytes = Buffer.allocUnsafeSlow(READ_BYTES);
    for (let next = 0; next < starts.length; ) {
      next = await this.read(this.file, next);
      yield entries;
    }
  }

  /** A file that cannot be read stays so until somebody looks after it. */
  readonly mayPass = () => false;

  async close(): Promise<void> {
    await this.file?.close();
  }

  /** @returns behind the last of those that were read */
  private async read(file: FileHandle, first: number): Promise<number> {
    const { starts, entries } = this;
    const base = starts[first] as number;
    const { bytesRead } = await file.read(entries.bytes, 0, entries.bytes.length, base);
    entries.clear();
    let next = first;
    for (; next < starts.length; next++) {
      const at = (starts[next] as number) - base;
      const length = frameLengthAt(entries.bytes, at, bytesRead);
      if (length === undefined || at + length > bytesRead) {
        if (next > first) break;
        if (length === undefined || length <= entries.bytes.length) throw new Error('The snapshot file is shorter than it was');
        entries.bytes = Buffer.allocUnsafeSlow(length);
        return this.read(file, first);
      }
      const entry = decodeEntry(entries.bytes, at, at + length);
      if (entry?.kind !== 'documents' || !entry.hasValue) throw new Error('The snapshot file was changed by somebody else');
      entries.add(entry.idStart, entry.idEnd, entry.idEnd, at + length);
    }
    return next;
  }
}
