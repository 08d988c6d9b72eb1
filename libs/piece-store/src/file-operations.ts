import * as fs from 'node:fs/promises';

/** What is known of a file. */
export interface FileFacts {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
  /** Two paths with one identity are one file. */
  readonly identity: string;
}

/** `r` to read, `r+` to read and write what exists, `w+` to create or empty, `wx` to create what must not exist. */
export type OpenFlags = 'r' | 'r+' | 'w+' | 'wx';

export interface OpenFile {
  /** @returns how many bytes were read into `target`, 0 at the end */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes the parts one after the other. @returns how many bytes were written, which may be fewer */
  write(parts: readonly Uint8Array[], position: number): Promise<number>;
  truncate(size: number): Promise<void>;
  /** Resolves when the bytes of the file are on the disk itself (fdatasync). */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What the file store needs of a file system: the seam where tests let disks fill up, fail and die. */
export interface FileOperations {
  open(path: string, flags: OpenFlags): Promise<OpenFile>;
  /** Undefined when there is no such file. */
  facts(path: string): Promise<FileFacts | undefined>;
  makeDirectory(path: string): Promise<void>;
  /** A second name for a file; rejects with EEXIST rather than replace one. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Deletes a file; a missing one is fine. */
  unlink(path: string): Promise<void>;
  /** Makes the names in a folder survive a power cut. */
  syncDirectory(path: string): Promise<void>;
}

/** The errno code of a system error, by shape: such errors are of another realm in some test runners. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** The file system of the machine. */
export class NodeFileOperations implements FileOperations {
  async open(path: string, flags: OpenFlags): Promise<OpenFile> {
    return new NodeOpenFile(await fs.open(path, flags));
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    try {
      const { size, mtimeMs, dev, ino } = await fs.stat(path, { bigint: true });
      return { size: Number(size), modifiedAt: Number(mtimeMs), identity: `${dev}:${ino}` };
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async makeDirectory(path: string): Promise<void> {
    await fs.mkdir(path, { recursive: true });
  }

  link(from: string, to: string): Promise<void> {
    return fs.link(from, to);
  }

  rename(from: string, to: string): Promise<void> {
    return fs.rename(from, to);
  }

  copy(from: string, to: string): Promise<void> {
    return fs.copyFile(from, to);
  }

  async unlink(path: string): Promise<void> {
    try {
      await fs.unlink(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows opens no folders and needs no such sync.
    if (process.platform === 'win32') return;
    const directory = await fs.open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

class NodeOpenFile implements OpenFile {
  constructor(private readonly handle: fs.FileHandle) {}

  async read(target: Uint8Array, position: number): Promise<number> {
    return (await this.handle.read(target, 0, target.length, position)).bytesRead;
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<number> {
    const [only] = parts;
    if (parts.length === 1 && only) return (await this.handle.write(only, 0, only.length, position)).bytesWritten;
    return (await this.handle.writev(parts as Uint8Array[], position)).bytesWritten;
  }

  truncate(size: number): Promise<void> {
    return this.handle.truncate(size);
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}
