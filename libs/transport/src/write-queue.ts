import type { Socket } from 'node:net';
import { type DrainedFrames, FrameBatch, FrameType, recycleFrames } from '@pageswarm/wire';
import type { FrameTrace } from './frame-trace.ts';
import { Pacer } from './pacer.ts';
import type { TransportMetrics } from './transport-metrics.ts';

/** What is handed to the socket in one go, in bytes: large enough for one writev to carry, small enough for a PING to wait behind. */
const WRITE_BATCH_BYTES = 262_144;
/** What the socket may hold unsent before data waits here, where control frames can overtake it. */
const WRITE_AHEAD_BYTES = 262_144;
/**
 * So many bytes of control frames leave at once and not with the rest of their turn, so that the other end works on them
 * meanwhile: with all of them together two processes would take turns, each waiting for the other.
 */
const EARLY_BYTES = 4_096;

/** Whose memory a payload is, to be told once it was sent. */
interface Lender {
  readonly payload: Uint8Array;
  readonly onSent: (payload: Uint8Array) => void;
}

/** A stream that takes turns in sending. */
export interface TurnTaker {
  /** Appends up to one quantum of frames. Returns true if it could go on. */
  takeTurn(batch: FrameBatch): boolean;
}

/**
 * Everything that one connection sends: control frames first, then data, one turn per stream, round and round. Frames of
 * one event-loop turn leave in a few writes.
 */
export class WriteQueue {
  private readonly batch: FrameBatch;
  readonly pacer = new Pacer();
  private ring: TurnTaker[] = [];
  private readonly inRing = new Set<TurnTaker>();
  private inFlight = 0;
  private parked = 0;
  private isScheduled = false;
  private isFlushing = false;
  private isClosed = false;
  /** True while this end does not read: the answers to the pacer's markers are not read either. */
  private isUnpaced = false;
  /** Who lent the payloads of the batch. */
  private lenders: Lender[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly metrics: TransportMetrics,
    /** Called when bytes have left the queue. */
    private readonly onProgress: () => void,
    trace?: FrameTrace,
  ) {
    this.batch = new FrameBatch(trace);
  }

  /** Bytes that wait for the other end to read: frames here and in the socket, and JSON that waits for its turn. */
  get queuedBytes(): number {
    return this.batch.byteLength + this.inFlight + this.parked;
  }

  /** Counts JSON that waits for its turn; negative when it has had it. */
  park(bytes: number): void {
    this.parked += bytes;
  }

  control(type: FrameType, flags: number, streamId: number, auxiliary: number, payload?: Uint8Array | string): void {
    if (this.isClosed) return;
    this.batch.append(type, flags, streamId, auxiliary, payload);
    if (this.batch.byteLength >= EARLY_BYTES && !this.isFlushing && this.inFlight < WRITE_AHEAD_BYTES) this.flushFrames();
    else this.schedule();
  }

  /** Bytes outside the frame layout: the preface. They leave before anything that was queued later. */
  raw(bytes: Uint8Array): void {
    this.flush();
    if (!this.isClosed) this.hand({ parts: [bytes], slabs: [] }, bytes.length);
  }

  /** The stream has something to send and the credit for it. */
  enqueue(stream: TurnTaker): void {
    if (this.isClosed || this.inRing.has(stream)) return;
    this.inRing.add(stream);
    this.ring.push(stream);
    this.schedule();
  }

  /** Says whether this end reads; if not, only the socket limits what is sent. */
  setReading(isReading: boolean): void {
    this.isUnpaced = !isReading;
    if (this.isUnpaced && this.ring.length > 0) this.schedule();
  }

  /** The payload of the frame that was appended last is only lent: `onSent` is told when the socket has sent the batch with it. */
  whenSent(payload: Uint8Array, onSent: (payload: Uint8Array) => void): void {
    this.lenders.push({ payload, onSent });
  }

  /** Writes what is queued to the socket, as far as the socket should have it now. */
  flush(): void {
    this.isScheduled = false;
    this.isFlushing = true;
    try {
      this.write();
    } finally {
      this.isFlushing = false;
    }
  }

  private write(): void {
    while (!this.isClosed && this.inFlight < WRITE_AHEAD_BYTES) {
      while (this.batch.byteLength < WRITE_BATCH_BYTES && (this.pacer.isOpen || this.isUnpaced)) if (!this.giveTurn()) break;
      const bytes = this.batch.byteLength;
      if (bytes === 0) return;
      this.hand(this.batch.drain(), bytes);
    }
  }

  /** The other end has received all data before the marker. */
  acknowledged(marker: number): void {
    this.pacer.acknowledged(marker);
    this.mark();
    if (this.ring.length > 0) this.schedule();
  }

  private giveTurn(): boolean {
    const stream = this.ring.shift();
    if (!stream) return false;
    const before = this.batch.byteLength;
    if (stream.takeTurn(this.batch)) this.ring.push(stream);
    else this.inRing.delete(stream);
    this.pacer.sent(this.batch.byteLength - before, this.ring.length > 0);
    this.mark();
    return true;
  }

  private mark(): void {
    const marker = this.pacer.takeMarker();
    if (marker > 0) this.control(FrameType.PING, 0, 0, marker);
  }

  /** Writes all queued frames however much the socket holds, but gives no stream another turn. For the last words. */
  flushFrames(): void {
    const bytes = this.batch.byteLength;
    if (bytes > 0 && !this.isClosed) this.hand(this.batch.drain(), bytes);
  }

  /** Nothing more is written. */
  close(): void {
    this.isClosed = true;
    this.ring = [];
    this.inRing.clear();
  }

  private schedule(): void {
    if (this.isScheduled || this.inFlight >= WRITE_AHEAD_BYTES) return;
    this.isScheduled = true;
    // The tick queue runs after all promise jobs of this turn, so answers that are ready together leave together.
    process.nextTick(() => this.flush());
  }

  private hand(frames: DrainedFrames, bytes: number): void {
    const { parts } = frames;
    const { lenders } = this;
    if (lenders.length > 0) this.lenders = [];
    this.inFlight += bytes;
    const last = parts.length - 1;
    const sent = (error?: Error | null): void => {
      if (!error) {
        recycleFrames(frames);
        for (const { payload, onSent } of lenders) onSent(payload);
      }
      this.sent(bytes);
    };
    if (last > 0) this.socket.cork();
    for (let index = 0; index < last; index++) this.socket.write(parts[index] as Uint8Array);
    this.socket.write(parts[last] as Uint8Array, sent);
    if (last > 0) this.socket.uncork();
  }

  private sent(bytes: number): void {
    this.inFlight -= bytes;
    this.metrics.bytes('out', bytes);
    if (this.isClosed) return;
    if (this.batch.byteLength > 0 || this.ring.length > 0) this.flush();
    this.onProgress();
  }
}
