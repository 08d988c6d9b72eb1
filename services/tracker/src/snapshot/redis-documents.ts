import { HashScan } from './hash-scan.ts';
import type { DocumentsSource, PackedEntries } from './packed-entries.ts';
import { isPassing, REDIS_COMMAND_TIMEOUT_MS, type RedisConnection } from './redis-connection.ts';
import { ENTRIES_PER_SCAN, REDIS_PREFIX } from './redis-snapshot-store.ts';

/** The documents of a copy in Redis, over a connection that is used for nothing else. */
export class RedisDocuments implements DocumentsSource {
  constructor(private readonly redis: RedisConnection) {}

  async *load(place: { next: string | undefined }): AsyncGenerator<PackedEntries> {
    // The cursor of a scan means something to the process alone that gave it.
    const run = await this.redis.runId();
    const [runBefore, cursorBefore = '0'] = place.next?.split(' ') ?? [];
    const scan = new HashScan(await this.redis.takeStream(), `${REDIS_PREFIX}documents`, ENTRIES_PER_SCAN, REDIS_COMMAND_TIMEOUT_MS);
    try {
      scan.begin(runBefore === run ? cursorBefore : '0');
      for (let cursor = ''; cursor !== '0'; place.next = `${run} ${cursor}`) {
        const answer = await scan.next();
        cursor = answer.cursor;
        if (answer.entries.count > 0) yield answer.entries;
      }
    } finally {
      // What was asked for may still come, and nobody else may take it for an answer.
      scan.close();
      this.redis.reconnect();
    }
  }

  readonly mayPass = isPassing;

  async close(): Promise<void> {
    this.redis.close();
  }
}
