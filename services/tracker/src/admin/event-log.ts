/** The most events that a reader who lost its connection may have missed and still catch up with. */
export const MAX_EVENT_BACKLOG = 4_096;

export interface LoggedEvent<T> {
  readonly number: number;
  readonly event: T;
}

/** The last events, numbered from 1 without gaps. */
export class EventLog<T> {
  /** A ring: event `number` lies at `number % capacity`. */
  private readonly ring: LoggedEvent<T>[] = [];
  private last = 0;

  constructor(private readonly capacity = MAX_EVENT_BACKLOG) {}

  get lastNumber(): number {
    return this.last;
  }

  /** More happened than is kept: nobody can go on from an earlier event. */
  skip(): void {
    this.last += this.capacity + 1;
    this.ring.length = 0;
  }

  append(event: T): LoggedEvent<T> {
    const logged = { number: ++this.last, event };
    this.ring[logged.number % this.capacity] = logged;
    return logged;
  }

  /** Events behind `number`, oldest first; undefined if some of them are gone or `number` was never given. */
  since(number: number): LoggedEvent<T>[] | undefined {
    if (!Number.isSafeInteger(number) || number < 0 || number > this.last || this.last - number > this.capacity) return undefined;
    return Array.from({ length: this.last - number }, (_, i) => this.ring[(number + 1 + i) % this.capacity] as LoggedEvent<T>);
  }
}
