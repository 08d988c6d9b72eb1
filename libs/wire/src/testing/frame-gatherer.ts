import { isPageSwarmError } from '@pageswarm/primitives';
import { FrameDecoder, type FrameSink, FrameType } from '../index.ts';

export interface Frame {
  readonly type: FrameType;
  readonly flags: number;
  readonly streamId: number;
  readonly auxiliary: number;
  readonly payload: Buffer;
}

/** What a decoder made of an input: the frames, and the code it stopped with. */
export interface Decoded {
  readonly frames: Frame[];
  readonly code?: string;
}

/** Gathers frames; DATA is put together again from its chunks. */
export class Gatherer implements FrameSink {
  readonly frames: Frame[] = [];
  private data: { streamId: number; flags: number; length: number; chunks: Buffer[] } | undefined;

  frame(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void {
    this.frames.push({ type, flags, streamId, auxiliary, payload });
  }

  dataStart(streamId: number, flags: number, length: number): void {
    this.data = { streamId, flags, length, chunks: [] };
  }

  dataChunk(chunk: Buffer, isLast: boolean): void {
    if (!this.data) throw new Error('a chunk without a frame');
    this.data.chunks.push(chunk);
    if (!isLast) return;
    const { streamId, flags, length, chunks } = this.data;
    const payload = Buffer.concat(chunks);
    if (payload.length !== length) throw new Error(`announced ${length} bytes, told ${payload.length}`);
    this.data = undefined;
    this.frames.push({ type: FrameType.DATA, flags, streamId, auxiliary: 0, payload });
  }
}

/** Frames of the parts in turn. @throws whatever the decoder throws */
export function decode(parts: Iterable<Buffer>): Frame[] {
  const gatherer = new Gatherer();
  const decoder = new FrameDecoder(gatherer);
  for (const part of parts) decoder.push(part);
  return gatherer.frames;
}

/** Frames up to the first error of the decoder's own. @throws Error whatever else is thrown */
export function decodeUntilError(parts: Iterable<Buffer>): Decoded {
  const gatherer = new Gatherer();
  const decoder = new FrameDecoder(gatherer);
  try {
    for (const part of parts) decoder.push(part);
  } catch (error) {
    if (!isPageSwarmError(error)) throw error;
    return { frames: gatherer.frames, code: error.code };
  }
  return { frames: gatherer.frames };
}

/** The bytes in parts of `size`, the last one shorter. */
export function partsOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, part) => bytes.subarray(part * size, (part + 1) * size));
}

export function joined(batch: { drain(): { readonly parts: readonly Uint8Array[] } }): Buffer {
  return Buffer.concat(batch.drain().parts);
}

/** Frames as values that compare; the auxiliary number of DATA is not told by a decoder. */
export function plain(frames: readonly Frame[]): object[] {
  return frames.map(({ payload, auxiliary, ...rest }) => ({
    ...rest,
    auxiliary: rest.type === FrameType.DATA ? 0 : auxiliary,
    hex: payload.toString('hex'),
  }));
}
