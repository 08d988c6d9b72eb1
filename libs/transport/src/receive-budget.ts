import { PageSwarmError } from '@pageswarm/primitives';

/** What the streams of one connection hold together for readers that have not read. */
export class ReceiveBudget {
  private held = 0;

  constructor(private readonly maxBytes: number) {}

  /** @throws PageSwarmError LIMIT_EXCEEDED */
  hold(bytes: number): void {
    this.held += bytes;
    if (this.held > this.maxBytes)
      throw new PageSwarmError('LIMIT_EXCEEDED', `Unread streams hold ${this.held} bytes, over the limit of ${this.maxBytes}`);
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
