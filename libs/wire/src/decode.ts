import { PageSwarmError } from '@pageswarm/primitives';
import { FrameType, frameTypeName, isFrameType } from './frame.ts';
import { DEFAULT_MAX_DATA_BYTES, DEFAULT_MAX_JSON_BYTES, FRAME_HEADER_BYTES } from './limits.ts';

/** First size of the buffer for a payload that arrives in parts; it doubles, so a false length claim costs what really came. */
const FIRST_PAYLOAD_BUFFER_BYTES = 1_024;

/** What a decoder tells. Payloads are views into the input or the decoder's own buffer; who keeps one has to know whose the input is. */
export interface FrameSink {
  /** A whole frame of any type but DATA. */
  frame(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void;
  /** The header of a DATA frame with `length` payload bytes, before any of them. */
  dataStart(streamId: number, flags: number, length: number): void;
  /** The next bytes of the DATA frame that is open. They are passed on as they come and never gathered. */
  dataChunk(chunk: Buffer, isLast: boolean): void;
}

export interface DecoderLimits {
  /** @default DEFAULT_MAX_JSON_BYTES */
  maxJsonBytes: number;
  /** @default DEFAULT_MAX_DATA_BYTES */
  maxDataBytes: number;
}

/**
 * Cuts a byte stream into frames, whatever the chunks it comes in. Every byte is copied at most twice (a control payload
 * that crosses chunks), DATA never.
 */
export class FrameDecoder {
  readonly limits: DecoderLimits;
  private readonly header = Buffer.alloc(FRAME_HEADER_BYTES);
  private headerBytes = 0;
  private type: FrameType = FrameType.END;
  private flags = 0;
  private streamId = 0;
  private auxiliary = 0;
  /** Payload bytes of the open frame that are still to come; -1 between frames. */
  private missing = -1;
  private payload: Buffer = Buffer.alloc(0);
  private payloadBytes = 0;
  private stopped = false;

  constructor(
    private readonly sink: FrameSink,
    limits: Partial<DecoderLimits> = {},
  ) {
    this.limits = { maxJsonBytes: DEFAULT_MAX_JSON_BYTES, maxDataBytes: DEFAULT_MAX_DATA_BYTES, ...limits };
  }

  /** Everything that still comes is ignored. A sink may call this from within a callback. */
  stop(): void {
    this.stopped = true;
    this.payload = Buffer.alloc(0);
  }

  /**
   * Takes the next bytes and calls the sink for what they complete. Nothing of `input` is kept.
   * @throws PageSwarmError FRAME_TOO_LARGE or PROTOCOL_ERROR; the decoder is then stopped
   */
  push(input: Buffer): void {
    let offset = 0;
    while (offset < input.length && !this.stopped) {
      offset = this.missing < 0 ? this.readHeader(input, offset) : this.readPayload(input, offset);
    }
  }

  private readHeader(input: Buffer, offset: number): number {
    if (this.headerBytes === 0 && input.length - offset >= FRAME_HEADER_BYTES) {
      this.open(input, offset);
      return offset + FRAME_HEADER_BYTES;
    }
    const taken = Math.min(FRAME_HEADER_BYTES - this.headerBytes, input.length - offset);
    input.copy(this.header, this.headerBytes, offset, offset + taken);
    this.headerBytes += taken;
    if (this.headerBytes === FRAME_HEADER_BYTES) {
      this.headerBytes = 0;
      this.open(this.header, 0);
    }
    return offset + taken;
  }

  private open(bytes: Buffer, offset: number): void {
    const length = bytes.readUInt32BE(offset);
    const type = bytes[offset + 4] as number;
    if (!isFrameType(type)) this.fail('PROTOCOL_ERROR', `A frame of ${frameTypeName(type)} is not part of this protocol`);
    const most = type === FrameType.DATA ? this.limits.maxDataBytes : this.limits.maxJsonBytes;
    if (length > most) this.fail('FRAME_TOO_LARGE', `A ${frameTypeName(type)} frame of ${length} bytes is over the limit of ${most}`);
    this.type = type as FrameType;
    this.flags = bytes[offset + 5] as number;
    this.streamId = bytes.readUInt32BE(offset + 8);
    this.auxiliary = bytes.readUInt32BE(offset + 12);
    this.missing = length;
    this.payloadBytes = 0;
    if (type === FrameType.DATA) this.sink.dataStart(this.streamId, this.flags, length);
    if (length === 0) this.finish(bytes.subarray(0, 0));
  }

  private readPayload(input: Buffer, offset: number): number {
    const taken = Math.min(this.missing, input.length - offset);
    const isLast = taken === this.missing;
    if (this.type === FrameType.DATA) {
      this.missing = isLast ? -1 : this.missing - taken;
      this.sink.dataChunk(input.subarray(offset, offset + taken), isLast);
    } else if (isLast && this.payloadBytes === 0) {
      this.finish(input.subarray(offset, offset + taken));
    } else {
      this.gather(input, offset, taken);
      this.missing -= taken;
      if (isLast) {
        const whole = this.payload.subarray(0, this.payloadBytes);
        this.payload = Buffer.alloc(0);
        this.finish(whole);
      }
    }
    return offset + taken;
  }

  private gather(input: Buffer, offset: number, taken: number): void {
    const needed = this.payloadBytes + taken;
    if (this.payload.length < needed) {
      const whole = this.payloadBytes + this.missing;
      const larger = Buffer.allocUnsafeSlow(Math.min(whole, Math.max(needed, this.payload.length * 2, FIRST_PAYLOAD_BUFFER_BYTES)));
      this.payload.copy(larger, 0, 0, this.payloadBytes);
      this.payload = larger;
    }
    input.copy(this.payload, this.payloadBytes, offset, offset + taken);
    this.payloadBytes = needed;
  }

  private finish(payload: Buffer): void {
    this.missing = -1;
    if (this.type === FrameType.DATA) this.sink.dataChunk(payload, true);
    else this.sink.frame(this.type, this.flags, this.streamId, this.auxiliary, payload);
  }

  private fail(code: 'PROTOCOL_ERROR' | 'FRAME_TOO_LARGE', detail: string): never {
    this.stop();
    throw new PageSwarmError(code, detail);
  }
}
