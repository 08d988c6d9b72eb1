const FIRST_SLOTS = 16;
/** Ids are whole numbers from 1. */
const FREE = 0;

/**
 * Streams by their id. A `Map` with many short-lived keys makes a new table every few dozen changes, and each old table
 * keeps the next one alive until the old generation is collected: that was a quarter of the time of a busy client.
 * Open addressing; removing moves later entries back, so nothing is left behind.
 */
export class StreamMap<T> {
  private ids = new Uint32Array(FIRST_SLOTS);
  private streams: (T | undefined)[] = new Array(FIRST_SLOTS).fill(undefined);
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(id: number): T | undefined {
    return this.streams[this.slotOf(id)];
  }

  /** @param id one that is not in the map */
  add(id: number, stream: T): void {
    if (this.count * 2 >= this.ids.length) this.grow();
    const slot = this.slotOf(id);
    this.ids[slot] = id;
    this.streams[slot] = stream;
    this.count++;
  }

  delete(id: number): void {
    const { ids, streams } = this;
    const mask = ids.length - 1;
    let gap = this.slotOf(id);
    if (ids[gap] === FREE) return;
    this.count--;
    for (let slot = (gap + 1) & mask; ids[slot] !== FREE; slot = (slot + 1) & mask) {
      // An entry moves into the gap unless its own place lies between the gap and where it is.
      const distance = (slot - homeOf(ids[slot] as number, mask)) & mask;
      if (distance < ((slot - gap) & mask)) continue;
      ids[gap] = ids[slot] as number;
      streams[gap] = streams[slot];
      gap = slot;
    }
    ids[gap] = FREE;
    streams[gap] = undefined;
  }

  /** All streams, in no particular order; the map may change while they are used. */
  values(): T[] {
    return this.streams.filter((_stream, slot) => this.ids[slot] !== FREE) as T[];
  }

  /** Where an id is, or the free slot where it would be. */
  private slotOf(id: number): number {
    const { ids } = this;
    const mask = ids.length - 1;
    let slot = homeOf(id, mask);
    while (ids[slot] !== FREE && ids[slot] !== id) slot = (slot + 1) & mask;
    return slot;
  }

  private grow(): void {
    const { ids, streams } = this;
    this.ids = new Uint32Array(ids.length * 2);
    this.streams = new Array(ids.length * 2).fill(undefined);
    this.count = 0;
    ids.forEach((id, slot) => {
      if (id !== FREE) this.add(id, streams[slot] as T);
    });
  }
}

/** All ids of one end are odd, so the lowest bit tells nothing. */
function homeOf(id: number, mask: number): number {
  return (id >>> 1) & mask;
}
