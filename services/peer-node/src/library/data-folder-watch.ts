import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@pageswarm/observability';

/** How often the data folder is looked for, in milliseconds. */
export const DATA_FOLDER_CHECK_MS = 1_000;

/** What a data folder has from the start of its node to the end. */
const PARTS = ['node.json', 'documents', 'incoming', 'records'];

export interface DataFolderWatchOptions {
  readonly dataDir: string;
  /** The folder is here again, perhaps as a copy: what was opened before may be files that have no name any more. */
  readonly returned: () => Promise<void>;
  readonly logger: Logger;
}

/** Looks whether the data folder is still there: a disk that was taken out or a deleted folder must not go unseen. */
export class DataFolderWatch {
  private missing: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: DataFolderWatchOptions) {}

  get state(): { readonly ok: boolean; readonly detail: string } {
    if (this.missing === undefined) return { ok: true, detail: 'the data folder is there' };
    return { ok: false, detail: `the data folder has no "${this.missing}": bring it back, and everything goes on` };
  }

  start(): void {
    this.timer = setTimeout(() => void this.look().finally(() => this.timer && this.start()), DATA_FOLDER_CHECK_MS).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  async look(): Promise<void> {
    const { dataDir, logger, returned } = this.options;
    const before = this.missing;
    const missing = await firstMissing(dataDir);
    if (before === undefined && missing !== undefined) logger.error({ missing }, 'the data folder is gone');
    if (before !== undefined && missing === undefined) {
      await returned();
      logger.info('the data folder is back');
    }
    this.missing = missing;
  }
}

async function firstMissing(dataDir: string): Promise<string | undefined> {
  for (const part of PARTS) {
    try {
      await access(join(dataDir, part));
    } catch {
      return part;
    }
  }
  return undefined;
}
