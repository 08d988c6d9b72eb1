import type { FileFacts, FileOperations, OpenFile, OpenFlags } from './file-operations.ts';

/** What goes wrong, and when; it can be changed while files are open. */
export interface Faults {
  /** The disk is full after so many more bytes: the last write is cut short, then ENOSPC. */
  bytesLeft?: number;
  /** No write takes more than this at once. */
  maxWriteBytes?: number;
  /** Every read fails with this errno. */
  readErrno?: string;
  /** Every write fails with this errno. */
  writeErrno?: string;
  /** Every hard link fails with this errno, such as EPERM where a file system has none. */
  linkErrno?: string;
  /** The process dies before so many more steps that change something; nothing works afterwards. */
  stepsLeft?: number;
}

/** A file system that fills up, fails or dies on request, in front of a real one. For tests. */
export class FaultyFileOperations implements FileOperations {
  constructor(
    private readonly inner: FileOperations,
    readonly faults: Faults = {},
  ) {}

  async open(path: string, flags: OpenFlags): Promise<OpenFile> {
    this.step(flags === 'w+' || flags === 'wx');
    return new FaultyOpenFile(await this.inner.open(path, flags), this.faults, (isChange) => this.step(isChange));
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    this.step(false);
    return this.inner.facts(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.step(false);
    await this.inner.makeDirectory(path);
  }

  async link(from: string, to: string): Promise<void> {
    this.step(true);
    if (this.faults.linkErrno) throw systemError(this.faults.linkErrno);
    await this.inner.link(from, to);
  }

  async rename(from: string, to: string): Promise<void> {
    this.step(true);
    await this.inner.rename(from, to);
  }

  async copy(from: string, to: string): Promise<void> {
    this.step(true);
    await this.inner.copy(from, to);
  }

  async unlink(path: string): Promise<void> {
    this.step(true);
    await this.inner.unlink(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.step(false);
    await this.inner.syncDirectory(path);
  }

  private step(isChange: boolean): void {
    if (this.faults.stepsLeft === undefined) return;
    if (this.faults.stepsLeft <= 0) throw systemError('EIO');
    if (isChange) this.faults.stepsLeft--;
  }
}

class FaultyOpenFile implements OpenFile {
  constructor(
    private readonly inner: OpenFile,
    private readonly faults: Faults,
    private readonly step: (isChange: boolean) => void,
  ) {}

  async read(target: Uint8Array, position: number): Promise<number> {
    this.step(false);
    if (this.faults.readErrno) throw systemError(this.faults.readErrno);
    return this.inner.read(target, position);
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<number> {
    this.step(true);
    if (this.faults.writeErrno) throw systemError(this.faults.writeErrno);
    const allowed = Math.min(this.faults.bytesLeft ?? Number.POSITIVE_INFINITY, this.faults.maxWriteBytes ?? Number.POSITIVE_INFINITY);
    if (allowed <= 0) throw systemError('ENOSPC');
    const bytes = Buffer.concat(parts).subarray(0, Math.min(allowed, 2 ** 31));
    const written = await this.inner.write([bytes], position);
    if (this.faults.bytesLeft !== undefined) this.faults.bytesLeft -= written;
    return written;
  }

  async truncate(size: number): Promise<void> {
    this.step(true);
    await this.inner.truncate(size);
  }

  async sync(): Promise<void> {
    this.step(false);
    await this.inner.sync();
  }

  async close(): Promise<void> {
    await this.inner.close();
  }
}

function systemError(errno: string): Error {
  return Object.assign(new Error(`${errno}: made by a test`), { code: errno });
}
