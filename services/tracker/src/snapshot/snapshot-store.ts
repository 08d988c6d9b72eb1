/** What a snapshot keeps: documents with their holders, peers, and what no peer could tell again. */
export const SNAPSHOT_KINDS = ['documents', 'peers', 'notes'] as const;
export type SnapshotKind = (typeof SNAPSHOT_KINDS)[number];

/** The most entries that a store is given or gives in one step. */
export const MAX_SNAPSHOT_BATCH = 500;
/** After how many bytes of entries a step ends, for some documents state the words of a hundred thousand pages. */
export const MAX_SNAPSHOT_BATCH_BYTES = 1_048_576;

/** The version of what is kept; a store never mixes two. */
export const SNAPSHOT_VERSION = 2;

/** An entry by its id in lower-case hex. */
export type SnapshotEntry = readonly [id: string, value: Buffer];

/** The same as a store gives it back, by the bytes of its id. */
export type LoadedEntry = readonly [id: Buffer, value: Buffer];

/** How far a kind was read: a store that can go on there is given it again after a failure. */
export interface LoadPlace {
  /** The store's own words; undefined at the beginning. */
  next: string | undefined;
}

/** Keeps a copy of the catalog outside the process, entry by entry. Every method rejects when the store cannot be reached. */
export interface SnapshotStore {
  /** What keeps the copy, for people. */
  readonly technology: string;
  /**
   * The name of the data set; an empty store gets a new one. A name that changed says that what was saved is gone.
   */
  dataSet(): Promise<string>;
  /**
   * Everything of a kind, in steps of up to some thousand entries. An entry may come twice.
   * @param place kept up to date with what was taken; one that was used before goes on there, as far as the store can
   */
  load(kind: SnapshotKind, place?: LoadPlace): AsyncIterable<LoadedEntry[]>;
  /** How many entries of a kind there are, or somewhat more. */
  count(kind: SnapshotKind): Promise<number>;
  /** Whether what failed like this may succeed a moment later. */
  mayPass(error: unknown): boolean;
  /**
   * Puts and removes at most {@link MAX_SNAPSHOT_BATCH} entries in all, all or none of them.
   * @param ordered those of the removed ones that somebody ordered to be gone; a store that others share tells them
   */
  save(kind: SnapshotKind, entries: readonly SnapshotEntry[], removed: readonly string[], ordered?: readonly string[]): Promise<void>;
  /** Resolves when what was saved is as safe as the store can make it. */
  settle(): Promise<void>;
  close(): Promise<void>;
}
