import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@pageswarm/observability';
import type { DocumentId } from '@pageswarm/primitives';
import { type DocumentRecord, DocumentRecordSchema } from './document-record.ts';
import { replaceFile } from './replace-file.ts';

/** A record and the metainfo that belongs to it. */
export interface StoredRecord {
  readonly record: DocumentRecord;
  readonly metainfo: Uint8Array;
}

/** Keeps `records/<id>.json` and `records/<id>.torrent`; each file is replaced as a whole, so a crash leaves the old or the new. */
export class RecordStore {
  private readonly folder: string;

  constructor(
    dataDir: string,
    private readonly logger: Logger,
  ) {
    this.folder = join(dataDir, 'records');
  }

  /** Every readable record; a damaged one is named in the log and left where it is. */
  async loadAll(): Promise<StoredRecord[]> {
    await mkdir(this.folder, { recursive: true });
    const stored: StoredRecord[] = [];
    for (const file of await readdir(this.folder)) {
      if (!file.endsWith('.json')) continue;
      try {
        const record = DocumentRecordSchema.parse(JSON.parse(await readFile(join(this.folder, file), 'utf8')));
        stored.push({ record, metainfo: await readFile(join(this.folder, `${record.id}.torrent`)) });
      } catch (error) {
        this.logger.error({ err: error, file }, 'a record cannot be read; its document is left out');
      }
    }
    return stored;
  }

  /** @throws PageSwarmError STORE_FULL, STORE_FAILED */
  async save({ record, metainfo }: StoredRecord): Promise<void> {
    await this.replace(`${record.id}.torrent`, metainfo);
    await this.replace(`${record.id}.json`, JSON.stringify(record));
  }

  async remove(id: DocumentId): Promise<void> {
    await rm(join(this.folder, `${id}.json`), { force: true });
    await rm(join(this.folder, `${id}.torrent`), { force: true });
  }

  private replace(name: string, content: string | Uint8Array): Promise<void> {
    return replaceFile(join(this.folder, name), content);
  }
}
