export { FileSnapshotStore, MIN_COMPACTION_BYTES } from './snapshot/file-snapshot-store.ts';
export { MemorySnapshotStore } from './snapshot/memory-snapshot-store.ts';
export { REDIS_COMMAND_TIMEOUT_MS, RedisConnection } from './snapshot/redis-connection.ts';
export { RedisSnapshotStore } from './snapshot/redis-snapshot-store.ts';
export { MAX_SNAPSHOT_BATCH, type SnapshotEntry, type SnapshotStore } from './snapshot/snapshot-store.ts';
export { type RunningTracker, startTracker } from './start-tracker.ts';
