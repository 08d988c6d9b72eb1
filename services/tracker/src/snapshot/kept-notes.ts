/** Few small entries that no peer could tell again. */
export interface KeptNotes {
  readonly size: number;
  ids(): Iterator<string>;
  /** undefined for a note that is gone. */
  encode(id: string): Buffer | undefined;
  /** @throws PageSwarmError INVALID_SNAPSHOT */
  restore(id: string, bytes: Buffer): void;
  /** The note is gone from the copy that others share. */
  drop(id: string): void;
  onChange(listener: (id: string) => void): void;
}
