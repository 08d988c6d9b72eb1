import { FRAME_HEADER_BYTES, FrameType } from '@pageswarm/wire';
import { ReceiveWindow } from './credit.ts';
import { Inbox } from './inbox.ts';
import type { ReceiveBudget } from './receive-budget.ts';
import type { WriteQueue } from './write-queue.ts';

export interface IncomingOptions {
  readonly streamId: number;
  readonly windowBytes: number;
  readonly queue: WriteQueue;
  readonly budget: ReceiveBudget;
  /** Set if the reader is done with each item when it asks for the next one; told of every item that it is done with. */
  readonly onReturned?: (item: unknown) => void;
  /** The reader left before the end. */
  readonly onAbandoned: () => void;
}

/** One direction of a stream on its way in: checks credit, keeps what was not read, grants credit for what was. */
export class Incoming<T> {
  readonly inbox: Inbox<T>;
  private readonly window: ReceiveWindow;
  private headerCost = 0;
  private isOpen = true;

  constructor(private readonly options: IncomingOptions) {
    this.window = new ReceiveWindow(options.windowBytes);
    const { onAbandoned, onReturned } = options;
    this.inbox = new Inbox<T>(
      { taken: (bytes) => this.taken(bytes), abandoned: onAbandoned, returned: onReturned },
      onReturned !== undefined,
    );
  }

  /** A frame with `length` payload bytes begins. @throws PageSwarmError CREDIT_EXCEEDED */
  charge(length: number): void {
    this.window.charge(length + FRAME_HEADER_BYTES);
    this.headerCost += FRAME_HEADER_BYTES;
  }

  /** An item of the frame that was charged last. @throws PageSwarmError LIMIT_EXCEEDED */
  push(item: T, bytes: number): void {
    if (this.inbox.closed) return;
    const cost = bytes + this.headerCost;
    this.headerCost = 0;
    this.options.budget.hold(cost);
    this.inbox.push(item, cost);
  }

  /** A frame that is taken as it comes. @throws PageSwarmError CREDIT_EXCEEDED */
  pass(length: number): void {
    this.window.charge(length + FRAME_HEADER_BYTES);
    this.options.budget.hold(length + FRAME_HEADER_BYTES);
    this.taken(length + FRAME_HEADER_BYTES);
  }

  /** The sender has sent all: no more credit is granted. */
  end(): void {
    this.isOpen = false;
    this.inbox.end();
  }

  fail(error: unknown): void {
    this.isOpen = false;
    this.inbox.fail(error);
  }

  /** Drops what was not read; the reader gets `error`, or the end. */
  discard(error?: unknown): void {
    this.isOpen = false;
    this.inbox.discard(error);
  }

  private taken(bytes: number): void {
    const { budget, queue, streamId } = this.options;
    budget.release(bytes);
    if (!this.isOpen) return;
    const grant = this.window.release(bytes);
    if (grant > 0) queue.control(FrameType.CREDIT, 0, streamId, grant);
  }
}
