import type { Inbox } from './inbox.ts';

/** What one connection reads a byte stream into, in bytes; chunks are views of it. */
export const RECEIVE_SLAB_BYTES = 262_144;
/** The most slabs that wait in one process to be used again. */
export const MAX_SPARE_SLABS = 32;
/** A read begins only in a slab that has so many bytes left: small reads cost more calls than memory is worth. */
const LEAST_READ_BYTES = 65_536;
/** Reads that bring no byte streams go here, for all connections of the process. */
const SCRATCH_BYTES = 65_536;
/** Chunks that wait and use less than this part of the memory behind them are copied, so that they do not keep the rest alive. */
const WORTH_KEEPING = 0.5;

/** Decides whether bytes of a stream can stay where the socket put them. */
export interface ChunkKeeper {
  /** The chunk, or a copy of it, that may be kept for a reader as long as it takes. */
  keep(chunk: Buffer, inbox: Inbox<Uint8Array>): Uint8Array;
  /** The reader of a lending inbox is done with what {@link keep} returned. */
  returned(chunk: Uint8Array): void;
}

/** For sockets that bring each chunk in memory of its own. */
export const SEPARATE_CHUNKS: ChunkKeeper = {
  keep: (chunk, inbox) => (!inbox.isAwaited && chunk.length < chunk.buffer.byteLength * WORTH_KEEPING ? Buffer.from(chunk) : chunk),
  returned() {},
};

class Slab {
  readonly memory = Buffer.allocUnsafeSlow(RECEIVE_SLAB_BYTES);
  filled = 0;
  /** Chunks that will come back, and their bytes. */
  lent = 0;
  lentBytes = 0;
  /** Some chunk will not come back, so the slab is left to the garbage collector. */
  isGivenAway = false;
  /** Nothing more is read into it. */
  isRetired = false;
  /** Inboxes that may hold chunks of it. */
  readonly users = new Set<Inbox<Uint8Array>>();

  get isFull(): boolean {
    return this.memory.length - this.filled < LEAST_READ_BYTES;
  }
}

let scratch: Buffer | undefined;
const spare: Slab[] = [];

/**
 * The memory that a connecting socket reads into. Node would take 64 KiB for each read, which costs more than the reading
 * itself: messages share one buffer of the whole process, since they are parsed before the next read, and byte streams fill
 * slabs, which their readers get as views. Slabs whose chunks were only lent are used again; the collector has nothing to
 * do for them. An idle connection holds nothing.
 */
export class ReceiveMemory implements ChunkKeeper {
  private slab: Slab | undefined;
  private hasBytes = false;
  /** Slabs with chunks that will come back. */
  private readonly lending = new Map<ArrayBufferLike, Slab>();
  private retired: Slab | undefined;

  /** Slabs of this process that wait to be used again. */
  static get spareSlabs(): number {
    return spare.length;
  }

  /** Memory for the next read: of a slab if the last read brought bytes of a stream. */
  next(): Buffer {
    const isBulk = this.hasBytes;
    this.hasBytes = false;
    if (!isBulk || this.slab?.isFull) this.retire();
    if (!isBulk) {
      scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES);
      return scratch;
    }
    this.slab ??= spare.pop() ?? new Slab();
    return this.slab.memory.subarray(this.slab.filled);
  }

  /** The `bytes` that were read into `memory`, which {@link next} gave. They are valid until the caller returns. */
  arrived(memory: Buffer, bytes: number): Buffer {
    this.dropRetired();
    if (this.slab && memory.buffer === this.slab.memory.buffer) this.slab.filled += bytes;
    return memory.subarray(0, bytes);
  }

  keep(chunk: Buffer, inbox: Inbox<Uint8Array>): Uint8Array {
    this.hasBytes = true;
    const { slab } = this;
    if (!slab || chunk.buffer !== slab.memory.buffer) return Buffer.from(chunk);
    if (!inbox.isAwaited) slab.users.add(inbox);
    if (inbox.isLending) {
      slab.lent++;
      slab.lentBytes += chunk.length;
      this.lending.set(chunk.buffer, slab);
    } else slab.isGivenAway = true;
    return chunk;
  }

  returned(chunk: Uint8Array): void {
    const slab = this.lending.get(chunk.buffer);
    if (!slab) return;
    slab.lent--;
    slab.lentBytes -= chunk.length;
    if (slab.lent > 0) return;
    this.lending.delete(chunk.buffer);
    this.reuse(slab);
  }

  private retire(): void {
    if (!this.slab) return;
    this.dropRetired();
    this.retired = this.slab;
    this.slab = undefined;
  }

  /**
   * Readers had a turn since the slab was full. Chunks that still wait are copied: a few of them must not keep all of it alive. Where
   * they are most of it and will come back, a copy would only be more memory.
   */
  private dropRetired(): void {
    const slab = this.retired;
    if (!slab) return;
    this.retired = undefined;
    const isWorthKeeping = slab.lentBytes >= slab.memory.length * WORTH_KEEPING;
    for (const inbox of slab.users) {
      if (inbox.isLending && isWorthKeeping) continue;
      inbox.replace((chunk) => {
        if (chunk.buffer !== slab.memory.buffer) return chunk;
        if (inbox.isLending) this.returned(chunk);
        return Buffer.from(chunk);
      });
    }
    slab.users.clear();
    slab.isRetired = true;
    this.reuse(slab);
  }

  private reuse(slab: Slab): void {
    if (!slab.isRetired || slab.lent > 0 || slab.isGivenAway || spare.length >= MAX_SPARE_SLABS) return;
    slab.isRetired = false;
    slab.filled = 0;
    spare.push(slab);
  }
}
