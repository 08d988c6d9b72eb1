import { type FileHandle, open } from 'node:fs/promises';
import type { JournalDocuments } from './file-snapshot-store.ts';
import { LivingFrames } from './living-frames.ts';
import { type DocumentsSource, PackedEntries } from './packed-entries.ts';
import { decodeEntry, frameLengthAt } from './snapshot-journal.ts';

/** How much of the file is read at once, in bytes; a longer frame is read alone. */
const READ_BYTES = 1_048_576;

/** The documents of a snapshot file that was found whole but for known gaps: nothing in it is checked again. */
export class FileDocuments implements DocumentsSource {
  private file: FileHandle | undefined;
  private readonly entries = new PackedEntries();
  private readonly living: LivingFrames;
  /** How many of the gaps are behind. */
  private gapsPassed = 0;

  constructor(
    private readonly path: string,
    private readonly journal: JournalDocuments,
  ) {
    this.living = LivingFrames.of(journal.living);
  }

  async *load(): AsyncGenerator<PackedEntries> {
    const { entries, journal } = this;
    this.file = await open(this.path, 'r');
    entries.bytes = Buffer.allocUnsafeSlow(READ_BYTES);
    for (let at = 0; at < journal.length; ) {
      at = await this.read(this.file, at);
      yield entries;
    }
  }

  /** A file that cannot be read stays so until somebody looks after it. */
  readonly mayPass = () => false;

  async close(): Promise<void> {
    await this.file?.close();
  }

  /** @returns behind what was read */
  private async read(file: FileHandle, start: number): Promise<number> {
    const { entries, journal, living } = this;
    const base = this.behindGap(start);
    const { bytes } = entries;
    const { bytesRead } = await file.read(bytes, 0, Math.min(bytes.length, journal.length - base), base);
    entries.clear();
    for (let at = 0; ; at = this.behindGap(base + at) - base) {
      const length = frameLengthAt(bytes, at, bytesRead);
      if (length === 0 || at + length > bytesRead) {
        if (at > 0) return base + at;
        if (length <= bytes.length) throw new Error('The snapshot file is shorter than it was');
        entries.bytes = Buffer.allocUnsafeSlow(length);
        return this.read(file, base);
      }
      const entry = decodeEntry(bytes, at, at + length);
      const frame = at;
      at += length;
      if (entry?.kind !== 'documents' || !entry.hasValue) continue;
      const { idStart, idEnd } = entry;
      if (living.isLiving(base + frame, bytes, idStart, idEnd)) entries.add(idStart, idEnd, idEnd, at);
    }
  }

  /** The same place, or behind the damaged part that begins there. */
  private behindGap(at: number): number {
    const { gaps } = this.journal;
    if (gaps[2 * this.gapsPassed] !== at) return at;
    this.gapsPassed++;
    return gaps[2 * this.gapsPassed - 1] as number;
  }
}
