import { FrameFlag, type FrameType } from './frame.ts';
import { FRAME_HEADER_BYTES } from './limits.ts';

/** Bytes of the buffers that small frames are written into, one after another. */
const SLAB_BYTES = 32_768;
/** The most such buffers that wait in one process to be used again. */
export const MAX_SPARE_FRAME_SLABS = 32;
/** Up to here copying a payload next to its header is cheaper than handing the socket one more buffer. */
const COPIED_PAYLOAD_BYTES = 2_048;
/** The most UTF-8 bytes of one UTF-16 unit. */
const UTF8_BYTES_PER_UNIT = 3;
const NO_SLAB: Buffer = Buffer.alloc(0);

/** Writes the 16 header bytes of a frame at `offset`; see {@link FrameType} for the layout. */
export function writeHeader(
  target: Buffer,
  offset: number,
  payloadBytes: number,
  type: FrameType,
  flags: number,
  streamId: number,
  auxiliary: number,
): void {
  target.writeUInt32BE(payloadBytes, offset);
  target[offset + 4] = type;
  target[offset + 5] = flags;
  target[offset + 6] = 0;
  target[offset + 7] = 0;
  target.writeUInt32BE(streamId, offset + 8);
  target.writeUInt32BE(auxiliary, offset + 12);
}

/** One whole frame in a buffer of its own; `payload` is raw bytes or text. */
export function encodeFrame(
  type: FrameType,
  payload: Uint8Array | string = '',
  { flags = FrameFlag.NONE as number, streamId = 0, auxiliary = 0 } = {},
): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length);
  writeHeader(frame, 0, body.length, type, flags, streamId, auxiliary);
  frame.set(body, FRAME_HEADER_BYTES);
  return frame;
}

const spareSlabs: Buffer[] = [];

/** What a batch was drained of. */
export interface DrainedFrames {
  /** The buffers to write, in order. */
  readonly parts: Uint8Array[];
  /** The memory of the small frames among them. */
  readonly slabs: readonly Buffer[];
}

/** The frames were written: their memory may be used again. Who never says so leaves it to the garbage collector. */
export function recycleFrames({ slabs }: DrainedFrames): void {
  for (const slab of slabs) if (spareSlabs.length < MAX_SPARE_FRAME_SLABS) spareSlabs.push(slab);
}

/**
 * Frames on their way out, in order. Small ones are written next to each other into shared slabs, large payloads stay
 * where they are and are passed on by reference, so a byte stream costs one header and no copy per frame.
 */
export class FrameBatch {
  private slab = NO_SLAB;
  private start = 0;
  private end = 0;
  private parts: Uint8Array[] = [];
  private slabs: Buffer[] = [];
  private bytes = 0;

  /** @param onFrame told of each frame without its payload, for a trace */
  constructor(private readonly onFrame?: (type: FrameType, flags: number, streamId: number, auxiliary: number, length: number) => void) {}

  /** Bytes appended since the last {@link drain}. */
  get byteLength(): number {
    return this.bytes;
  }

  /** Appends one frame. Returns its bytes with the header. A `payload` of more than 2 KiB must not change until it is sent. */
  append(type: FrameType, flags: number, streamId: number, auxiliary: number, payload?: Uint8Array | string): number {
    let length = 0;
    if (payload === undefined || payload.length === 0) {
      this.reserve(FRAME_HEADER_BYTES);
    } else if (typeof payload === 'string') {
      const most = FRAME_HEADER_BYTES + payload.length * UTF8_BYTES_PER_UNIT;
      if (most > SLAB_BYTES) return this.append(type, flags, streamId, auxiliary, Buffer.from(payload));
      this.reserve(most);
      length = this.slab.write(payload, this.end + FRAME_HEADER_BYTES);
    } else if (payload.length > COPIED_PAYLOAD_BYTES) {
      return this.appendByReference(type, flags, streamId, auxiliary, payload);
    } else {
      length = payload.length;
      this.reserve(FRAME_HEADER_BYTES + length);
      this.slab.set(payload, this.end + FRAME_HEADER_BYTES);
    }
    this.onFrame?.(type, flags, streamId, auxiliary, length);
    writeHeader(this.slab, this.end, length, type, flags, streamId, auxiliary);
    this.end += FRAME_HEADER_BYTES + length;
    this.bytes += FRAME_HEADER_BYTES + length;
    return FRAME_HEADER_BYTES + length;
  }

  /** Takes everything that was appended. */
  drain(): DrainedFrames {
    this.seal();
    const { parts, slabs } = this;
    this.parts = [];
    this.slabs = [];
    this.slab = NO_SLAB;
    this.start = 0;
    this.end = 0;
    this.bytes = 0;
    return { parts, slabs };
  }

  private appendByReference(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Uint8Array): number {
    this.reserve(FRAME_HEADER_BYTES);
    this.onFrame?.(type, flags, streamId, auxiliary, payload.length);
    writeHeader(this.slab, this.end, payload.length, type, flags, streamId, auxiliary);
    this.end += FRAME_HEADER_BYTES;
    this.seal();
    this.parts.push(payload);
    this.bytes += FRAME_HEADER_BYTES + payload.length;
    return FRAME_HEADER_BYTES + payload.length;
  }

  private reserve(bytes: number): void {
    if (this.slab.length - this.end >= bytes) return;
    this.seal();
    this.slab = spareSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.slabs.push(this.slab);
    this.start = 0;
    this.end = 0;
  }

  private seal(): void {
    if (this.end > this.start) this.parts.push(this.slab.subarray(this.start, this.end));
    this.start = this.end;
  }
}
