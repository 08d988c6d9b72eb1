import type { OpenFile } from './file-operations.ts';

/** How many files are open at once; the rest are opened again when they are needed. A process often may have no more than 1,024. */
export const MAX_OPEN_FILES = 64;

/** A file that can be opened whenever somebody needs it. Its identity, not its path, is the key, so that a file can move. */
export interface FileSlot {
  open(): Promise<OpenFile>;
}

interface Entry {
  readonly file: Promise<OpenFile>;
  users: number;
}

/** Keeps the most recently used files open, up to a cap that is never passed: who finds all of them in use waits. */
export class FileHandles {
  /** The order of insertion is the order of use. */
  private readonly entries = new Map<FileSlot, Entry>();
  private waiting: (() => void)[] = [];

  constructor(private readonly maxOpenFiles = MAX_OPEN_FILES) {}

  /** Files that are open now. */
  get openCount(): number {
    return this.entries.size;
  }

  /** Runs the action with the open file, which stays open until the action ends. An action must not use a second slot: all could wait for each other. */
  async use<T>(slot: FileSlot, action: (file: OpenFile) => Promise<T>): Promise<T> {
    const entry = await this.acquire(slot);
    try {
      return await action(await entry.file);
    } finally {
      if (--entry.users === 0) this.wake();
    }
  }

  /** Opens a file for one action, within the cap. */
  async once<T>(open: () => Promise<OpenFile>, action: (file: OpenFile) => Promise<T>): Promise<T> {
    const slot: FileSlot = { open };
    try {
      return await this.use(slot, action);
    } finally {
      await this.release(slot);
    }
  }

  /** Closes the file of a slot that nobody uses. It opens again on its next use. */
  async release(slot: FileSlot): Promise<void> {
    const entry = this.entries.get(slot);
    if (entry && entry.users === 0) await this.shut(slot, entry);
  }

  /** Closes every file that nobody uses; each opens again by its path. */
  async releaseIdle(): Promise<void> {
    for (const slot of [...this.entries.keys()]) await this.release(slot);
  }

  private async acquire(slot: FileSlot): Promise<Entry> {
    for (;;) {
      const entry = this.entries.get(slot);
      if (entry) {
        this.entries.delete(slot);
        this.entries.set(slot, entry);
        entry.users++;
        return entry;
      }
      if (this.entries.size < this.maxOpenFiles) return this.begin(slot);
      const idle = [...this.entries].find(([, { users }]) => users === 0);
      // A close that fails loses nothing that was not lost before: pieces are checked by their hash wherever they are read.
      if (idle) await this.shut(...idle).catch(() => {});
      else await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  private begin(slot: FileSlot): Entry {
    const entry: Entry = { file: slot.open(), users: 1 };
    this.entries.set(slot, entry);
    entry.file.catch(() => {
      if (this.entries.get(slot) === entry) this.entries.delete(slot);
      this.wake();
    });
    return entry;
  }

  /** The entry counts until its file is closed; its users count too, so that nobody takes it or shuts it twice. */
  private async shut(slot: FileSlot, entry: Entry): Promise<void> {
    this.entries.delete(slot);
    const placeholder: FileSlot = { open: () => entry.file };
    this.entries.set(placeholder, { file: entry.file, users: 1 });
    try {
      await (await entry.file).close();
    } finally {
      this.entries.delete(placeholder);
      this.wake();
    }
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}
