interface Entry<Item> {
  readonly item: Item;
  /** Where it stands in the common count of bytes: the smallest goes first. */
  readonly start: number;
}

/**
 * Shares out turns so that every key gets the same number of bytes, whatever the size of its items and however many it has
 * waiting: start-time fair queueing, which keeps the promise of deficit round robin also to keys that ask for one turn at a time.
 */
export class FairQueue<Key, Item> {
  private readonly waiting = new Map<Key, Entry<Item>[]>();
  private readonly finishes = new Map<Key, number>();
  private now = 0;

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  add(key: Key, item: Item, bytes: number): void {
    const start = Math.max(this.now, this.finishes.get(key) ?? 0);
    this.finishes.set(key, start + bytes);
    const entries = this.waiting.get(key);
    if (entries) entries.push({ item, start });
    else this.waiting.set(key, [{ item, start }]);
  }

  /** Takes the item whose turn it is among those that may go; a key whose first item may not go waits. */
  take(mayGo: (item: Item) => boolean): Item | undefined {
    let best: { readonly key: Key; readonly entry: Entry<Item> } | undefined;
    for (const [key, [entry]] of this.waiting)
      if (entry && (!best || entry.start < best.entry.start) && mayGo(entry.item)) best = { key, entry };
    if (!best) return undefined;
    this.now = Math.max(this.now, best.entry.start);
    this.drop(best.key, best.entry.item);
    return best.entry.item;
  }

  /** The first item of each key. */
  *heads(): Generator<Item> {
    for (const [entry] of this.waiting.values()) if (entry) yield entry.item;
  }

  /** Takes an item out that waits no more. */
  drop(key: Key, item: Item): void {
    const left = (this.waiting.get(key) ?? []).filter((entry) => entry.item !== item);
    if (left.length > 0) this.waiting.set(key, left);
    else this.waiting.delete(key);
    // What a key got in the past counts only as long as it is ahead of the others.
    for (const [other, finish] of this.finishes) if (finish <= this.now && !this.waiting.has(other)) this.finishes.delete(other);
  }
}
