/** Trackers that keep their copy in one place tell each other what changes, a step at a time. */
export interface CopySharing {
  /** Called before the copy is read for the first time, and again when it was lost. */
  begin(): Promise<void>;
  /** Takes in what others changed. */
  read(): Promise<void>;
  /** Takes in an entry about a document that is known here. @throws PageSwarmError INVALID_SNAPSHOT */
  merge(id: string, bytes: Buffer): void;
  /** Tells others of the peers that hold a lease here, before the documents that name them. */
  write(): Promise<void>;
  /** Others need not wait for this tracker any more. */
  end(): Promise<void>;
}

/** Few small entries that no peer could tell again. */
export interface KeptNotes {
  readonly size: number;
  ids(): Iterator<string>;
  /** undefined for a note that is gone. */
  encode(id: string): Buffer | undefined;
  /** @throws PageSwarmError INVALID_SNAPSHOT */
  restore(id: string, bytes: Buffer): void;
  onChange(listener: (id: string) => void): void;
}
