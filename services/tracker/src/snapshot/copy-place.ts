import type { Logger } from '@pageswarm/observability';
import { FileSnapshotStore } from './file-snapshot-store.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisSnapshotStore } from './redis-snapshot-store.ts';
import type { CopyPlace } from './restoring-order.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** A copy for a thread that reads it. */
export function openCopy(place: CopyPlace, logger: Logger): SnapshotStore {
  if ('redisUrl' in place) return new RedisSnapshotStore(new RedisConnection(place.redisUrl, logger));
  return new FileSnapshotStore(place.snapshotFile, logger);
}
