import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How often the disk is tried while a download waits for it, in milliseconds. */
export const STORE_PROBE_INTERVAL_MS = 3_000;
/** What is written to try it, in bytes: a disk that cannot take this would stop the download again at once. */
export const STORE_PROBE_BYTES = 1_048_576;

/** Tries the disk for as long as something waits for it. */
export class StoreRecovery {
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param folder where downloads are written; never created here, because a folder that is gone is a reason to wait
   * @param recovered called after a try that went well
   */
  constructor(
    private readonly folder: string,
    private readonly recovered: () => void,
  ) {}

  /** Something waits for the disk from now on. */
  wait(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.try();
    }, STORE_PROBE_INTERVAL_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private async try(): Promise<void> {
    if (await canWrite(join(this.folder, 'space.probe'))) this.recovered();
    else this.wait();
  }
}

async function canWrite(path: string): Promise<boolean> {
  try {
    await writeFile(path, new Uint8Array(STORE_PROBE_BYTES), { flush: true });
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
