/** What one piece of work cost the tracker. */
export interface SnapshotCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly longestBlockMs: number;
  /** Of the entries that were written. */
  readonly bytes: number;
}

export interface SnapshotReport {
  readonly idle?: SnapshotCost;
  readonly full?: SnapshotCost;
  /** A hundredth of the documents changed. */
  readonly dirty?: readonly SnapshotCost[];
  readonly restored?: SnapshotCost;
}
