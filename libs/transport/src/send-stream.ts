import { DATA_QUANTUM_BYTES, FRAME_HEADER_BYTES, type FrameBatch, FrameFlag, FrameType } from '@pageswarm/wire';
import type { TransportMetrics } from './transport-metrics.ts';
import type { TurnTaker, WriteQueue } from './write-queue.ts';

/** A data frame is not split smaller than this for want of credit, in bytes: tiny frames would only pay for headers. */
const MIN_SPLIT_BYTES = 1_024;

interface Entry {
  readonly type: FrameType;
  readonly payload: Uint8Array;
  /** Payload bytes already sent. */
  sent: number;
  isLast: boolean;
  /** Needs no credit, so only the socket can hold it up; counted while it waits. */
  readonly isFree: boolean;
  /** Told of the payload once the socket has sent it. */
  readonly onSent: ((payload: Uint8Array) => void) | undefined;
}

export interface SendStreamOptions {
  readonly streamId: number;
  readonly queue: WriteQueue;
  readonly metrics: TransportMetrics;
  /** The window that the other end gives to each new stream, in bytes. */
  readonly creditBytes: number;
  /** The largest DATA payload that the other end takes, in bytes. */
  readonly maxDataBytes: number;
  readonly sendAheadBytes: number;
  /** The last frame of this direction has been handed over. */
  readonly onFinished: () => void;
}

/** One direction of a stream on its way out: frames in order, data and values only as far as the credit goes. */
export class SendStream implements TurnTaker {
  private entries: Entry[] = [];
  /** Index of the first entry that was not sent: shifting a long array for each small value would be quadratic. */
  private first = 0;
  private credit: number;
  private queuedBytes = 0;
  private isStalled = false;
  private isFinishing = false;
  private isClosed = false;
  private wake: (() => void) | undefined;
  private readonly quantum: number;

  constructor(private readonly options: SendStreamOptions) {
    this.credit = options.creditBytes;
    this.quantum = Math.min(DATA_QUANTUM_BYTES, options.maxDataBytes);
  }

  /** True once nothing more can be sent. */
  get closed(): boolean {
    return this.isClosed || this.isFinishing;
  }

  /** Bytes that wait for credit or a turn. */
  get waitingBytes(): number {
    return this.queuedBytes;
  }

  /**
   * Queues a DATA or RESPONSE frame that needs credit. Returns false when the source should wait for {@link drained}.
   * @param onSent told of the payload once the socket has sent all of it; never, if it does not come to that
   */
  write(type: FrameType, payload: Uint8Array, onSent?: (payload: Uint8Array) => void): boolean {
    if (this.closed) return true;
    this.push(type, payload, false, false, onSent);
    return this.queuedBytes < this.options.sendAheadBytes;
  }

  /** Queues a frame that needs no credit; `isLast` ends this direction. */
  writeFree(type: FrameType, payload: Uint8Array, isLast: boolean): void {
    if (this.closed) return;
    if (isLast) this.isFinishing = true;
    this.push(type, payload, isLast, true);
  }

  /** Ends this direction after what is queued. */
  finish(): void {
    if (this.closed) return;
    this.isFinishing = true;
    const last = this.entries.at(-1);
    if (last && (last.type === FrameType.DATA || last.type === FrameType.RESPONSE)) {
      last.isLast = true;
      // The last value of an answer needs no credit, so a stalled stream may go on now.
      this.isStalled = false;
      this.options.queue.enqueue(this);
    } else this.push(FrameType.END, EMPTY, true, true);
  }

  /** Resolves when the source may go on, or when there is no use in it any more. */
  drained(): Promise<void> {
    if (this.isClosed || this.queuedBytes < this.options.sendAheadBytes) return Promise.resolve();
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  grant(bytes: number): void {
    this.credit += bytes;
    this.isStalled = false;
    if (!this.isClosed && this.first < this.entries.length) this.options.queue.enqueue(this);
  }

  /** Drops what is queued; nothing more is sent. */
  abort(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const { isFree, payload } of this.entries.slice(this.first)) if (isFree) this.options.queue.park(-payload.length);
    this.entries = [];
    this.first = 0;
    this.queuedBytes = 0;
    this.wake?.();
  }

  takeTurn(batch: FrameBatch): boolean {
    let budget = this.quantum;
    while (budget > 0) {
      const entry = this.entries[this.first];
      if (!entry) return false;
      const bytes = this.sendFrom(entry, batch, budget);
      if (bytes === 0) return false;
      budget -= bytes;
    }
    return this.first < this.entries.length;
  }

  private sendFrom(entry: Entry, batch: FrameBatch, budget: number): number {
    const { streamId } = this.options;
    const isLastValue = entry.isLast && entry.type === FrameType.RESPONSE;
    const remaining = entry.payload.length - entry.sent;
    let length = remaining;
    if (entry.type === FrameType.DATA) length = Math.min(remaining, this.quantum, Math.max(budget, MIN_SPLIT_BYTES));
    if (!entry.isFree && !isLastValue) {
      const affordable = this.credit - FRAME_HEADER_BYTES;
      const least = entry.type === FrameType.DATA ? Math.min(remaining, MIN_SPLIT_BYTES) : remaining;
      if (affordable < least) return this.stall();
      length = Math.min(length, affordable);
      this.credit -= length + FRAME_HEADER_BYTES;
    }
    const isDone = length === remaining;
    const payload = entry.sent === 0 && isDone ? entry.payload : entry.payload.subarray(entry.sent, entry.sent + length);
    const isEnd = isLastValue || (isDone && entry.isLast && entry.type === FrameType.DATA);
    batch.append(entry.type, isEnd ? FrameFlag.END : FrameFlag.NONE, streamId, 0, payload);
    entry.sent += length;
    this.queuedBytes -= isDone ? length + FRAME_HEADER_BYTES : length;
    if (isDone) {
      if (entry.onSent) this.options.queue.whenSent(entry.payload, entry.onSent);
      this.dropFirst();
    }
    if (entry.isFree) this.options.queue.park(-length);
    if (this.wake && this.queuedBytes < this.options.sendAheadBytes) {
      const wake = this.wake;
      this.wake = undefined;
      wake();
    }
    if (isDone && entry.isLast) {
      this.isClosed = true;
      this.options.onFinished();
    }
    return length + FRAME_HEADER_BYTES;
  }

  private dropFirst(): void {
    this.entries[this.first++] = NOTHING;
    if (this.first === this.entries.length) {
      this.entries = [];
      this.first = 0;
    } else if (this.first === COMPACT_AT) {
      this.entries = this.entries.slice(COMPACT_AT);
      this.first = 0;
    }
  }

  private stall(): 0 {
    if (!this.isStalled) this.options.metrics.creditStall();
    this.isStalled = true;
    return 0;
  }

  private push(type: FrameType, payload: Uint8Array, isLast: boolean, isFree: boolean, onSent?: (payload: Uint8Array) => void): void {
    this.entries.push({ type, payload, sent: 0, isLast, isFree, onSent });
    // Counting a header for each keeps small values from piling up in great numbers.
    this.queuedBytes += payload.length + FRAME_HEADER_BYTES;
    if (isFree) this.options.queue.park(payload.length);
    if (!this.isStalled) this.options.queue.enqueue(this);
  }
}

const EMPTY = new Uint8Array(0);
/** In the place of an entry that was sent, so that its payload is let go. */
const NOTHING: Entry = { type: FrameType.END, payload: EMPTY, sent: 0, isLast: false, isFree: true, onSent: undefined };
/** Sent entries are cut off in lots of this many. */
const COMPACT_AT = 4_096;
