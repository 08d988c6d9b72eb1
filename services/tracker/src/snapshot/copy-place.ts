import type { Logger } from '@pageswarm/observability';
import { FileDocuments } from './file-documents.ts';
import type { DocumentsSource } from './packed-entries.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisDocuments } from './redis-documents.ts';
import type { CopyPlace } from './restoring-order.ts';

/** The documents of a copy, for a thread that reads them. */
export function openDocuments(place: CopyPlace, logger: Logger): DocumentsSource {
  if ('redisUrl' in place) return new RedisDocuments(new RedisConnection(place.redisUrl, logger));
  return new FileDocuments(place.snapshotFile, place.journal);
}
