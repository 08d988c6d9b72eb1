interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: what is to happen when, as a binary heap. What is due at the same time happens in the order in which it was scheduled. */
export class EventQueue {
  now = 0;
  private readonly heap: Entry[] = [];
  private scheduled = 0;

  get size(): number {
    return this.heap.length;
  }

  /** @param at ms; a time that has passed means now */
  schedule(at: number, run: () => void): void {
    const entry: Entry = { at: Math.max(at, this.now), order: this.scheduled++, run };
    let place = this.heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!before(entry, this.heap[parent] as Entry)) break;
      this.heap[place] = this.heap[parent] as Entry;
      place = parent;
    }
    this.heap[place] = entry;
  }

  after(ms: number, run: () => void): void {
    this.schedule(this.now + ms, run);
  }

  /** Moves time to the next entry and runs it. @returns false if there is none */
  step(): boolean {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (!first || !last) return false;
    if (first !== last) this.sink(last);
    this.now = first.at;
    first.run();
    return true;
  }

  private sink(entry: Entry): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && before(this.heap[child + 1] as Entry, this.heap[child] as Entry)) child++;
      if (!before(this.heap[child] as Entry, entry)) break;
      this.heap[place] = this.heap[child] as Entry;
      place = child;
    }
    this.heap[place] = entry;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
