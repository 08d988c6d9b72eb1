/** How an inbox reports to its stream. */
export interface InboxOwner<T> {
  /** The reader took something that had cost `bytes` of credit. */
  taken(bytes: number): void;
  /** The reader wants no more, before the end. */
  abandoned(): void;
  /** The reader is done with an item that was lent to it. */
  returned?(item: T): void;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: unknown): void;
}

/**
 * What has arrived on a stream and was not read yet, as an AsyncIterable for one reader. It holds at most what credit
 * allowed the sender. What came before an error is still read before the error is thrown.
 */
export class Inbox<T> implements AsyncIterableIterator<T> {
  private items: T[] = [];
  private costs: number[] = [];
  private first = 0;
  private waiters: Waiter<T>[] = [];
  private isOver = false;
  private error: unknown;
  /** The item that the reader of a lending inbox looks at. */
  private lent: T | undefined;

  /** @param isLending true if the reader is done with each item when it asks for the next one */
  constructor(
    private readonly owner: InboxOwner<T>,
    readonly isLending = false,
  ) {}

  /** True if a reader waits at this moment. */
  get isAwaited(): boolean {
    return this.waiters.length > 0;
  }

  /** True once the end, an error or the reader's leave is known; later items are dropped. */
  get closed(): boolean {
    return this.isOver;
  }

  push(item: T, cost: number): void {
    if (this.isOver) return;
    const waiter = this.waiters.shift();
    if (waiter) {
      if (this.isLending) this.lent = item;
      waiter.resolve({ value: item, done: false });
      this.owner.taken(cost);
      return;
    }
    this.items.push(item);
    this.costs.push(cost);
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const waiter of this.waiters.splice(0)) waiter.resolve({ value: undefined, done: true });
  }

  fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const [first, ...others] = this.waiters.splice(0);
    if (first) first.reject(error);
    else this.error = error;
    for (const waiter of others) waiter.resolve({ value: undefined, done: true });
  }

  /** Drops what was not read. With an error a reader that has not seen the end gets it, without one it sees the end. */
  discard(error?: unknown): void {
    const isUnread = this.first < this.items.length;
    if (error !== undefined) this.fail(error);
    this.end();
    if (!isUnread) return;
    if (error !== undefined) this.error = error;
    let dropped = 0;
    for (let index = this.first; index < this.costs.length; index++) {
      dropped += this.costs[index] as number;
      if (this.isLending) this.owner.returned?.(this.items[index] as T);
    }
    this.items = [];
    this.costs = [];
    this.first = 0;
    this.owner.taken(dropped);
  }

  /** Puts something else in the place of items that were not read. */
  replace(other: (item: T) => T): void {
    for (let index = this.first; index < this.items.length; index++) this.items[index] = other(this.items[index] as T);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.isLending) this.giveBack();
    if (this.first < this.items.length) {
      const value = this.items[this.first] as T;
      const cost = this.costs[this.first] as number;
      this.items[this.first] = undefined as T;
      this.first++;
      if (this.first === this.items.length || this.first === 1_024) this.compact();
      if (this.isLending) this.lent = value;
      this.owner.taken(cost);
      return Promise.resolve({ value, done: false });
    }
    if (this.error !== undefined) {
      const error = this.error;
      this.error = undefined;
      return Promise.reject(error);
    }
    if (this.isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
    });
  }

  /** The reader leaves; unless all had arrived, the sender is told to stop. */
  return(): Promise<IteratorResult<T>> {
    const wasOver = this.isOver;
    this.error = undefined;
    this.giveBack();
    this.discard();
    if (!wasOver) this.owner.abandoned();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private giveBack(): void {
    const { lent } = this;
    this.lent = undefined;
    if (lent !== undefined) this.owner.returned?.(lent);
  }

  private compact(): void {
    this.items = this.items.slice(this.first);
    this.costs = this.costs.slice(this.first);
    this.first = 0;
  }
}
