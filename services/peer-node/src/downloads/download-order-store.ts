import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@pageswarm/observability';
import { KeyedQueue } from '../library/keyed-queue.ts';
import { storeError } from '../library/store-error.ts';
import { type DownloadOrder, DownloadOrderSchema } from './download-order.ts';

/** Keeps `downloads/<id>.json` for every download that is not done. */
export class DownloadOrderStore {
  private readonly folder: string;
  private readonly turns = new KeyedQueue<string>();

  constructor(
    dataDir: string,
    private readonly logger: Logger,
  ) {
    this.folder = join(dataDir, 'downloads');
  }

  /** Orders of an earlier process, in the order of the queue; a damaged one is named in the log and left where it is. */
  async loadAll(): Promise<DownloadOrder[]> {
    await mkdir(this.folder, { recursive: true });
    const orders: DownloadOrder[] = [];
    for (const file of await readdir(this.folder)) {
      if (!file.endsWith('.json')) continue;
      try {
        orders.push(DownloadOrderSchema.parse(JSON.parse(await readFile(join(this.folder, file), 'utf8'))));
      } catch (error) {
        this.logger.error({ err: error, file }, 'a download cannot be read; it is left out');
      }
    }
    return orders.sort((a, b) => a.place - b.place || (a.startedAt < b.startedAt ? -1 : 1));
  }

  /** @throws PageSwarmError STORE_FULL, STORE_FAILED */
  save(order: DownloadOrder): Promise<void> {
    return this.turns.run(order.id, async () => {
      const path = join(this.folder, `${order.id}.json`);
      try {
        await writeFile(`${path}.new`, JSON.stringify(order), { flush: true });
        await rename(`${path}.new`, path);
      } catch (error) {
        await rm(`${path}.new`, { force: true });
        throw storeError(error);
      }
    });
  }

  remove(id: string): Promise<void> {
    return this.turns.run(id, () => rm(join(this.folder, `${id}.json`), { force: true }));
  }
}
