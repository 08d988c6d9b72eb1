/** Where in a list of places each part of an entry is. */
const [ID_START, ID_END, VALUE_START, VALUE_END, PLACES] = [0, 1, 2, 3, 4] as const;
const FIRST_ENTRIES = 1_024;

/** Entries as they lie in bytes that came from a store: no object is made for any of them. */
export class PackedEntries {
  bytes: Buffer = Buffer.alloc(0);
  count = 0;
  private places = new Uint32Array(PLACES * FIRST_ENTRIES);

  clear(): void {
    this.count = 0;
  }

  add(idStart: number, idEnd: number, valueStart: number, valueEnd: number): void {
    const at = PLACES * this.count++;
    if (at === this.places.length) {
      const larger = new Uint32Array(2 * at);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[at + ID_START] = idStart;
    this.places[at + ID_END] = idEnd;
    this.places[at + VALUE_START] = valueStart;
    this.places[at + VALUE_END] = valueEnd;
  }

  idStart(entry: number): number {
    return this.places[PLACES * entry + ID_START] as number;
  }

  idEnd(entry: number): number {
    return this.places[PLACES * entry + ID_END] as number;
  }

  valueStart(entry: number): number {
    return this.places[PLACES * entry + VALUE_START] as number;
  }

  valueEnd(entry: number): number {
    return this.places[PLACES * entry + VALUE_END] as number;
  }
}

/** Gives the documents of a copy to a thread that reads nothing else. */
export interface DocumentsSource {
  /**
   * All documents from a place on, in the store's own words; the next ones are written over those before.
   * @param place kept up to date with what was taken
   */
  load(place: { next: string | undefined }): AsyncIterable<PackedEntries>;
  /** Whether what failed like this may succeed a moment later. */
  readonly mayPass: (error: unknown) => boolean;
  close(): Promise<void>;
}
