import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@pageswarm/observability';
import { EntryPlaces } from './entry-places.ts';
import { LivingFrames, type LivingParts } from './living-frames.ts';
import { OutdatedFrames } from './outdated-frames.ts';
import {
  decodeEntry,
  decodeHeader,
  encodeEntry,
  encodeHeader,
  framesAt,
  framesOf,
  type PlacedFrame,
  scanFrames,
} from './snapshot-journal.ts';
import { type LoadedEntry, MAX_SNAPSHOT_BATCH, type SnapshotEntry, type SnapshotKind, type SnapshotStore } from './snapshot-store.ts';

/** A journal is not written anew while it is smaller than this, in bytes. */
export const MIN_COMPACTION_BYTES = 1_048_576;
/** How many times the bytes of its living entries a journal may hold before it is written anew. */
export const COMPACTION_FACTOR = 2;

/** How many bytes of the file may be read over in the time in which one entry is looked up where it stands. */
const FEW_FACTOR = 32_768;

/** Where the documents of a file are that was found whole, for a thread that reads them. */
export interface JournalDocuments {
  /** In bytes. */
  readonly length: number;
  /** Damaged parts: where each begins and where it ends. */
  readonly gaps: readonly number[];
  readonly living: LivingParts;
}

interface Journal {
  readonly file: FileHandle;
  readonly inode: number;
  readonly name: string;
}

/** What is remembered of the frames of each kind: documents are very many. */
interface Frames {
  readonly documents: LivingFrames;
  readonly peers: EntryPlaces;
  readonly notes: EntryPlaces;
}

/**
 * A copy in one file: a journal to which changes are appended, a checked frame for each entry. When most of it is out of
 * date it is written anew beside and takes its place by one rename, so that a crash leaves the old or the new one. What a
 * crash tore off at the end is dropped. One tracker writes it; in memory there is which frames are out of date, not their texts.
 */
export class FileSnapshotStore implements SnapshotStore {
  readonly technology = 'The snapshot file';
  private journal: Journal | undefined;
  private frames: Frames = noFrames();
  /** Damaged parts: where each begins and where it ends. */
  private gaps: number[] = [];
  private outdated = new OutdatedFrames();
  /** Bytes that are known to be whole; the next ones are written here. */
  private length = 0;
  /** True while bytes of a failed write may stand behind them. */
  private hasTornTail = false;
  private isSettled = true;
  private compactAbove = MIN_COMPACTION_BYTES;
  private replacements = 0;

  constructor(
    private readonly path: string,
    private readonly logger: Logger,
    private readonly minCompactionBytes = MIN_COMPACTION_BYTES,
  ) {}

  /** The length of the journal in bytes. */
  get bytes(): number {
    return this.length;
  }

  async dataSet(): Promise<string> {
    const { name } = await this.opened();
    // A file that somebody removed, cut or put back while it was in use has lost what was saved since.
    return this.replacements === 0 ? name : `${name} ${this.replacements}`;
  }

  async *load(kind: SnapshotKind): AsyncGenerator<LoadedEntry[]> {
    const { file } = await this.opened();
    let entries: LoadedEntry[] = [];
    for await (const some of this.framesWith(kind, file)) {
      for (const frame of some) {
        const entry = decodeEntry(frame.bytes);
        if (entry?.kind !== kind || !isLiving(this.frames, frame)) continue;
        entries.push([frame.bytes.subarray(entry.idStart, entry.idEnd), frame.bytes.subarray(entry.idEnd)]);
      }
      if (entries.length < MAX_SNAPSHOT_BATCH) continue;
      yield entries;
      entries = [];
    }
    if (entries.length > 0) yield entries;
  }

  /** Where the documents are, for whoever reads the file beside this store. */
  async documents(): Promise<JournalDocuments> {
    await this.opened();
    const { length, gaps, frames } = this;
    return { length, gaps, living: frames.documents.parts };
  }

  /** Of what there is little it is looked up where it stands, and the file is not read once more for it. */
  private framesWith(kind: SnapshotKind, file: FileHandle): AsyncIterable<PlacedFrame[]> {
    if (kind === 'documents' || this.frames[kind].size * FEW_FACTOR >= this.length) return framesOf(file, this.length);
    const starts: number[] = [];
    this.frames[kind].each((_bytes, _idStart, _idEnd, start) => starts.push(start));
    return framesAt(
      file,
      starts.sort((a, b) => a - b),
    );
  }

  /** Of documents never fewer than there are, and more if frames of theirs are out of date. */
  async count(kind: SnapshotKind): Promise<number> {
    await this.opened();
    return kind === 'documents' ? this.frames.documents.most : this.frames[kind].size;
  }

  /** A file that cannot be read stays so until somebody looks after it. */
  mayPass(): boolean {
    return false;
  }

  async save(kind: SnapshotKind, entries: readonly SnapshotEntry[], removed: readonly string[]): Promise<void> {
    const { file } = await this.opened();
    const frames = entries.map(([id, value]) => encodeEntry(kind, id, value));
    for (const id of removed) if (mayHold(this.frames, kind, Buffer.from(id, 'hex'))) frames.push(encodeEntry(kind, id, undefined));
    if (frames.length === 0) return;
    if (this.hasTornTail) await file.truncate(this.length);
    this.hasTornTail = true;
    this.isSettled = false;
    await writeAll(file, Buffer.concat(frames), this.length);
    this.hasTornTail = false;
    for (const bytes of frames) {
      this.outdated.add(bytes.length, note(this.frames, bytes, 0, bytes.length, this.length));
      this.length += bytes.length;
    }
    if (this.length > this.compactAbove && this.mayBeMostlyOutdated) await this.compact();
  }

  async settle(): Promise<void> {
    if (this.isSettled) return;
    const { file } = await this.opened();
    try {
      await file.datasync();
    } catch (error) {
      // What the system could not write it may have dropped, so nothing since the last time counts as saved.
      this.replacements++;
      throw error;
    }
    this.isSettled = true;
  }

  async close(): Promise<void> {
    const { journal } = this;
    this.journal = undefined;
    await journal?.file.close();
  }

  /** False while the file has grown by new entries alone: to write those anew would gain nothing. */
  private get mayBeMostlyOutdated(): boolean {
    return this.length > COMPACTION_FACTOR * (this.length - this.outdated.mostBytes);
  }

  private async opened(): Promise<Journal> {
    if (this.journal) {
      const now = await stat(this.path).catch(() => undefined);
      const isTorn = this.hasTornTail && (now?.size ?? 0) > this.length;
      if (now?.ino === this.journal.inode && (now.size === this.length || isTorn)) return this.journal;
      this.logger.warn({ path: this.path }, 'the snapshot file was changed by somebody else; it is read again');
      await this.close();
      this.replacements++;
    }
    await this.open();
    return this.journal as unknown as Journal;
  }

  private async open(): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const found = await stat(this.path).catch(missingIsUndefined);
    if (!found || found.size === 0) {
      await this.replaceBy(randomUUID(), async () => {});
      return;
    }
    const file = await open(this.path, 'r+');
    try {
      await this.read(file, found.ino, found.size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Finds the living entries, and cuts off what is torn. */
  private async read(file: FileHandle, inode: number, size: number): Promise<void> {
    const frames = noFrames();
    const outdated = new OutdatedFrames();
    const gaps: number[] = [];
    let name: string | undefined;
    let length = 0;
    let damaged = 0;
    await scanFrames(file, size, (bytes, from, to, start) => {
      name ??= decodeHeader({ bytes: bytes.subarray(from, to), start });
      if (start > length) {
        gaps.push(length, start);
        damaged += start - length;
      }
      length = start + to - from;
      outdated.add(to - from, note(frames, bytes, from, to, start));
    });
    outdated.lose(damaged);
    name ??= decodeHeader(undefined);
    if (length < size || damaged > 0)
      this.logger.warn(
        { path: this.path, tornBytes: size - length, damagedBytes: damaged },
        'parts of the snapshot file are unreadable and dropped',
      );
    if (length < size) await file.truncate(length);
    this.adopt({ file, inode, name }, frames, outdated, gaps, length);
    // A start has enough to do without writing a file anew. But it may be soon: what every process let double once more would never end.
    this.compactAbove = length + this.minCompactionBytes;
  }

  /** Writes the living entries into a new file that takes the place of this one. */
  private async compact(): Promise<void> {
    const { file, name } = this.journal as Journal;
    const { frames: before, length } = this;
    try {
      await this.replaceBy(name, async (add) => {
        for await (const frames of framesOf(file, length)) await add(frames.filter((frame) => isLiving(before, frame)));
      });
      await file.close();
    } catch (error) {
      // Without room for a second file the journal goes on growing; it is not tried again at every step.
      this.compactAbove = COMPACTION_FACTOR * this.length;
      throw error;
    }
  }

  private async replaceBy(name: string, fill: (add: (frames: readonly PlacedFrame[]) => Promise<void>) => Promise<void>): Promise<void> {
    const beside = `${this.path}.new`;
    const file = await open(beside, 'w+');
    try {
      const header = encodeHeader(name);
      await writeAll(file, header, 0);
      const kept = noFrames();
      const outdated = new OutdatedFrames();
      let length = header.length;
      await fill(async (frames) => {
        await writeAll(file, Buffer.concat(frames.map(({ bytes }) => bytes)), length);
        for (const { bytes } of frames) {
          outdated.add(bytes.length, note(kept, bytes, 0, bytes.length, length));
          length += bytes.length;
        }
      });
      await file.sync();
      const { ino } = await file.stat();
      await rename(beside, this.path);
      this.adopt({ file, inode: ino, name }, kept, outdated, [], length);
    } catch (error) {
      await file.close();
      await unlink(beside).catch(() => undefined);
      throw error;
    }
    await syncFolder(dirname(this.path));
  }

  private adopt(journal: Journal, frames: Frames, outdated: OutdatedFrames, gaps: number[], length: number): void {
    this.journal = journal;
    this.frames = frames;
    this.outdated = outdated;
    this.gaps = gaps;
    this.length = length;
    this.hasTornTail = false;
    this.isSettled = true;
    this.compactAbove = Math.max(this.minCompactionBytes, COMPACTION_FACTOR * length);
  }
}

function noFrames(): Frames {
  return { documents: new LivingFrames(), peers: new EntryPlaces(), notes: new EntryPlaces() };
}

/** A frame stands in the file from now on. @returns how many frames are out of date by it at the most, itself included */
function note(frames: Frames, bytes: Buffer, from: number, to: number, start: number): number {
  const entry = decodeEntry(bytes, from, to);
  if (!entry) return 0;
  const { kind, idStart, idEnd, hasValue } = entry;
  if (kind === 'documents') return frames.documents.note(start, hasValue, bytes, idStart, idEnd);
  if (hasValue) return frames[kind].set(start, bytes, idStart, idEnd) ? 1 : 0;
  return frames[kind].delete(bytes, idStart, idEnd) ? 2 : 1;
}

/** Whether a frame of the file is the last word about its entry, and that it is there. */
function isLiving(frames: Frames, { bytes, start }: PlacedFrame): boolean {
  const entry = decodeEntry(bytes);
  if (!entry?.hasValue) return false;
  const { kind, idStart, idEnd } = entry;
  if (kind === 'documents') return frames.documents.isLiving(start, bytes, idStart, idEnd);
  return frames[kind].get(bytes, idStart, idEnd) === start;
}

function mayHold(frames: Frames, kind: SnapshotKind, id: Buffer): boolean {
  return kind === 'documents' ? frames.documents.mayHold(id) : frames[kind].get(id) !== undefined;
}

/** Writes all of it, also when the system takes it in parts. */
async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

/** Makes a rename last; systems that cannot sync a folder do without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function missingIsUndefined(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
