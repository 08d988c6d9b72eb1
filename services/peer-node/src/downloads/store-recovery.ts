import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@pageswarm/primitives';

/** How often the disk is tried while a download waits for it, in milliseconds. */
export const STORE_PROBE_INTERVAL_MS = 3_000;
/** The longest pause between two tries, in milliseconds: it doubles while the disk takes the try but not the download. */
export const MAX_STORE_PROBE_INTERVAL_MS = 60_000;
/** What is written to try it, in bytes: a disk that cannot take this would stop the download again at once. */
export const STORE_PROBE_BYTES = 1_048_576;

export interface StoreRecoveryOptions {
  readonly isWritable: () => Promise<boolean>;
  /** Called after a try that went well. */
  readonly recovered: () => void;
  readonly clock: Clock;
}

/** Tries the disk for as long as something waits for it. */
export class StoreRecovery {
  private timer: NodeJS.Timeout | undefined;
  private pauseMs = STORE_PROBE_INTERVAL_MS;
  private recoveredAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: StoreRecoveryOptions) {}

  /** Something waits for the disk from now on. */
  wait(): void {
    if (this.timer) return;
    const relapsed = this.options.clock.monotonic() - this.recoveredAt < STORE_PROBE_INTERVAL_MS;
    this.pauseMs = relapsed ? Math.min(2 * this.pauseMs, MAX_STORE_PROBE_INTERVAL_MS) : STORE_PROBE_INTERVAL_MS;
    this.schedule();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.try(), this.pauseMs);
  }

  private async try(): Promise<void> {
    const isWritable = await this.options.isWritable();
    if (this.timer === undefined) return;
    if (!isWritable) return this.schedule();
    this.timer = undefined;
    this.recoveredAt = this.options.clock.monotonic();
    this.options.recovered();
  }
}

/** Tries whether a folder takes a file; the folder is never created, because one that is gone is a reason to wait. */
export async function isWritable(folder: string): Promise<boolean> {
  const path = join(folder, 'space.probe');
  try {
    await writeFile(path, new Uint8Array(STORE_PROBE_BYTES), { flush: true });
    return true;
  } catch {
    return false;
  } finally {
    await rm(path, { force: true }).catch(() => undefined);
  }
}
