/** How a copy stands, for people and for metrics. */
export interface SnapshotStatus {
  /**
   * off: there is no store. restoring: some of the copy is in, and the rest is still to come. failing: the last step did
   * not succeed; it is tried again.
   */
  readonly state: 'off' | 'ok' | 'restoring' | 'failing';
  readonly detail: string;
  /** Changes that wait to be saved, as far as they are counted. */
  readonly pending: number;
  /** Everything that was told before this moment is in the copy; in milliseconds since 1970. */
  readonly savedAt: number | undefined;
  readonly failures: number;
  readonly savedEntries: number;
  readonly savedBytes: number;
  /** Entries of the copy that are not of this version's making; they are left alone. */
  readonly unreadable: number;
  /** For how long the oldest unsaved change has waited, in milliseconds. */
  readonly lagMs: number;
}
