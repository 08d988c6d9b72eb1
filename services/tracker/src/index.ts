export { RedisSnapshotStore } from './snapshot/redis-snapshot-store.ts';
export type { SnapshotEntry, SnapshotStore } from './snapshot/snapshot-store.ts';
export { type RunningTracker, startTracker } from './start-tracker.ts';
