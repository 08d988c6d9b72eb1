import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from '@pageswarm/observability';
import { decodeHeader, decodeLine, encodeHeader, encodeLine, linesOf } from './snapshot-journal.ts';
import { MAX_SNAPSHOT_BATCH, type SnapshotEntry, type SnapshotKind, type SnapshotStore } from './snapshot-store.ts';

/** A journal is not written anew while it is smaller than this, in bytes. */
export const MIN_COMPACTION_BYTES = 1_048_576;
/** How many times the bytes of its living entries a journal may hold before it is written anew. */
export const COMPACTION_FACTOR = 2;

interface Journal {
  readonly file: FileHandle;
  readonly inode: number;
  readonly name: string;
}

/** Where the living line of each entry begins. */
type Places = Record<SnapshotKind, Map<string, number>>;

/**
 * A copy in one file: a journal to which changes are appended, a checked line for each entry. When most of it is out of
 * date it is written anew beside and takes its place by one rename, so that a crash leaves the old or the new one. What a
 * crash tore off at the end is dropped. One tracker writes it; in memory there is the place of each entry, not its text.
 */
export class FileSnapshotStore implements SnapshotStore {
  readonly technology = 'The snapshot file';
  private journal: Journal | undefined;
  private places: Places = noPlaces();
  /** Bytes that are known to be whole; the next ones are written here. */
  private length = 0;
  /** True while bytes of a failed write may stand behind them. */
  private hasTornTail = false;
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

  async *load(kind: SnapshotKind): AsyncGenerator<SnapshotEntry[]> {
    const { file } = await this.opened();
    let entries: SnapshotEntry[] = [];
    for await (const lines of linesOf(file, this.length)) {
      for (const { bytes, start } of lines) {
        const line = decodeLine(bytes);
        if (line?.kind !== kind || line.value === undefined || this.places[kind].get(line.id) !== start) continue;
        entries.push([line.id, line.value]);
        if (entries.length < MAX_SNAPSHOT_BATCH) continue;
        yield entries;
        entries = [];
      }
    }
    if (entries.length > 0) yield entries;
  }

  async save(kind: SnapshotKind, entries: readonly SnapshotEntry[], removed: readonly string[]): Promise<void> {
    const { file } = await this.opened();
    const places = this.places[kind];
    const gone = removed.filter((id) => places.has(id));
    const lines = [
      ...entries.map(([id, value]) => ({ kind, id, value, bytes: encodeLine({ kind, id, value }) })),
      ...gone.map((id) => ({ kind, id, value: undefined, bytes: encodeLine({ kind, id, value: undefined }) })),
    ];
    if (lines.length === 0) return;
    if (this.hasTornTail) await file.truncate(this.length);
    this.hasTornTail = true;
    await writeAll(file, Buffer.concat(lines.map(({ bytes }) => bytes)), this.length);
    await file.datasync();
    this.hasTornTail = false;
    for (const { id, value, bytes } of lines) {
      if (value === undefined) places.delete(id);
      else places.set(id, this.length);
      this.length += bytes.length;
    }
    if (this.length > this.compactAbove) await this.compact();
  }

  async close(): Promise<void> {
    const { journal } = this;
    this.journal = undefined;
    await journal?.file.close();
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

  /** Finds the living lines, and cuts off what is torn. */
  private async read(file: FileHandle, inode: number, size: number): Promise<void> {
    const places = noPlaces();
    let name: string | undefined;
    let length = 0;
    let unreadable = 0;
    for await (const lines of linesOf(file, size))
      for (const { bytes, start } of lines) {
        length = start + bytes.length;
        if (name === undefined) {
          name = decodeHeader(bytes);
          continue;
        }
        const line = decodeLine(bytes);
        if (!line) unreadable++;
        else if (line.value === undefined) places[line.kind].delete(line.id);
        else places[line.kind].set(line.id, start);
      }
    name ??= decodeHeader(Buffer.alloc(0));
    if (length < size || unreadable > 0)
      this.logger.warn({ path: this.path, tornBytes: size - length, unreadable }, 'parts of the snapshot file are unreadable and dropped');
    if (length < size) await file.truncate(length);
    this.adopt({ file, inode, name }, places, length);
  }

  /** Writes the living lines into a new file that takes the place of this one. */
  private async compact(): Promise<void> {
    const { file, name } = this.journal as Journal;
    const [before, length] = [this.places, this.length];
    try {
      await this.replaceBy(name, async (add) => {
        for await (const lines of linesOf(file, length)) {
          const living = lines.flatMap(({ bytes, start }) => {
            const line = decodeLine(bytes);
            return line?.value !== undefined && before[line.kind].get(line.id) === start ? [{ ...line, bytes }] : [];
          });
          await add(living);
        }
      });
      await file.close();
    } catch (error) {
      // Without room for a second file the journal goes on growing; it is not tried again at every step.
      this.compactAbove = COMPACTION_FACTOR * this.length;
      throw error;
    }
  }

  private async replaceBy(
    name: string,
    fill: (add: (lines: readonly { kind: SnapshotKind; id: string; bytes: Buffer }[]) => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const beside = `${this.path}.new`;
    const file = await open(beside, 'w+');
    try {
      const header = encodeHeader(name);
      await writeAll(file, header, 0);
      const places = noPlaces();
      let length = header.length;
      await fill(async (lines) => {
        await writeAll(file, Buffer.concat(lines.map(({ bytes }) => bytes)), length);
        for (const { kind, id, bytes } of lines) {
          places[kind].set(id, length);
          length += bytes.length;
        }
      });
      await file.sync();
      const { ino } = await file.stat();
      await rename(beside, this.path);
      this.adopt({ file, inode: ino, name }, places, length);
    } catch (error) {
      await file.close();
      await unlink(beside).catch(() => undefined);
      throw error;
    }
    await syncFolder(dirname(this.path));
  }

  private adopt(journal: Journal, places: Places, length: number): void {
    this.journal = journal;
    this.places = places;
    this.length = length;
    this.hasTornTail = false;
    // How much of a file that was found is out of date is not known, so what it holds counts as living.
    this.compactAbove = Math.max(this.minCompactionBytes, COMPACTION_FACTOR * length);
  }
}

function noPlaces(): Places {
  return { documents: new Map(), peers: new Map() };
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
