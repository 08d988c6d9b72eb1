import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import {
  DEFAULT_MAX_DATA_BYTES,
  DEFAULT_MAX_JSON_BYTES,
  encodeFrame,
  FRAME_HEADER_BYTES,
  FrameBatch,
  FrameDecoder,
  FrameFlag,
  type FrameSink,
  FrameType,
  frameTypeName,
} from './index.ts';

/** Seconds that each fuzzing test lasts; without it a few hundred runs. */
const FUZZ_SECONDS = Number(process.env.PAGESWARM_FUZZ_SECONDS ?? 0);
const FUZZING =
  FUZZ_SECONDS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: FUZZ_SECONDS * 1_000, markInterruptAsFailure: false }
    : { numRuns: 500 };

interface Frame {
  type: FrameType;
  flags: number;
  streamId: number;
  auxiliary: number;
  payload: Buffer;
}

/** Gathers frames; DATA is put together again from its chunks. */
class Gatherer implements FrameSink {
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

/** The twin: waits for everything, then cuts with plain arithmetic. */
function decodeNaively(bytes: Buffer): Frame[] {
  const number = (at: number, size: number): number => [...bytes.subarray(at, at + size)].reduce((sum, byte) => sum * 256 + byte, 0);
  const frames: Frame[] = [];
  let at = 0;
  while (at + 16 <= bytes.length && at + 16 + number(at, 4) <= bytes.length) {
    const type = number(at + 4, 1) as FrameType;
    const payload = Buffer.from(bytes.subarray(at + 16, at + 16 + number(at, 4)));
    const auxiliary = type === FrameType.DATA ? 0 : number(at + 12, 4);
    frames.push({ type, flags: number(at + 5, 1), streamId: number(at + 8, 4), auxiliary, payload });
    at += 16 + payload.length;
  }
  return frames;
}

function decode(parts: Iterable<Buffer>): Frame[] {
  const gatherer = new Gatherer();
  const decoder = new FrameDecoder(gatherer);
  for (const part of parts) decoder.push(part);
  return gatherer.frames;
}

function joined(batch: FrameBatch): Buffer {
  return Buffer.concat(batch.drain());
}

const frameOf = fc.record({
  type: fc.constantFrom(...Object.values(FrameType)),
  flags: fc.integer({ min: 0, max: 255 }),
  streamId: fc.integer({ min: 0, max: 0xffff_ffff }),
  auxiliary: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc
    .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1_990, maxLength: 2_100 }))
    .map((bytes) => Buffer.from(bytes)),
});

const plain = (frames: Frame[]) =>
  frames.map(({ payload, auxiliary, ...rest }) => ({
    ...rest,
    auxiliary: rest.type === FrameType.DATA ? 0 : auxiliary,
    hex: payload.toString('hex'),
  }));

describe('the frame codec', () => {
  it.each(Object.entries(FrameType))('takes %s through every split point of the input', (_name, type) => {
    const frame = { type, flags: FrameFlag.END, streamId: 0x8000_0001, auxiliary: 0xffff_fffe, payload: Buffer.from('{"page":150}') };
    const before = encodeFrame(FrameType.PING, '', { auxiliary: 7 });
    const bytes = Buffer.concat([before, encodeFrame(type, frame.payload, frame), before]);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second += 5) {
        const frames = decode([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]);
        expect(plain(frames.slice(1, 2))).toEqual(plain([frame]));
        expect(frames).toHaveLength(3);
      }
    }
  });

  it('decodes whatever frames in whatever chunks as its naive twin does', () => {
    fc.assert(
      fc.property(fc.array(frameOf, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (frames, sizes) => {
        const batch = new FrameBatch();
        for (const { type, flags, streamId, auxiliary, payload } of frames) batch.append(type, flags, streamId, auxiliary, payload);
        expect(batch.byteLength).toBe(frames.reduce((sum, { payload }) => sum + FRAME_HEADER_BYTES + payload.length, 0));
        const bytes = joined(batch);
        const parts: Buffer[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          parts.push(bytes.subarray(at, at + size));
          at += size;
        }
        const decoded = plain(decode(parts));
        expect(decoded).toEqual(plain(frames));
        expect(decoded).toEqual(plain(decodeNaively(bytes)));
      }),
      { numRuns: 300 },
    );
  });

  it('writes text of any length and alphabet as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.constantFrom(1, 400, 5_000), (text, times) => {
        const whole = text.repeat(times);
        const batch = new FrameBatch();
        batch.append(FrameType.RESPONSE, 0, 1, 0, whole);
        batch.append(FrameType.RESPONSE, 0, 3, 0, 'after');
        const [first, second] = decode([joined(batch)]);
        expect(first?.payload.equals(Buffer.from(whole))).toBe(true);
        expect(second?.payload.toString()).toBe('after');
      }),
      { numRuns: 100 },
    );
  });

  it('never reuses memory that was drained', () => {
    const batch = new FrameBatch();
    const drained: Buffer[] = [];
    for (let index = 0; index < 3_000; index++) {
      batch.append(FrameType.RESPONSE, 0, index, 0, `value ${index}`);
      if (index % 7 === 0) drained.push(...batch.drain().map((part) => part as Buffer));
    }
    drained.push(joined(batch));
    expect(decode(drained).map(({ payload }) => payload.toString())).toEqual(Array.from({ length: 3_000 }, (_, index) => `value ${index}`));
  });

  it('passes DATA on as it comes, without a copy', () => {
    const bytes = encodeFrame(FrameType.DATA, Buffer.alloc(1_000, 1), { streamId: 1 });
    const chunks: Buffer[] = [];
    const decoder = new FrameDecoder({ frame() {}, dataStart() {}, dataChunk: (chunk) => chunks.push(chunk) });
    decoder.push(bytes.subarray(0, 500));
    expect(chunks.map(({ length }) => length)).toEqual([484]);
    decoder.push(bytes.subarray(500));
    expect(chunks.every(({ buffer }) => buffer === bytes.buffer)).toBe(true);
  });

  it.each([
    ['RESPONSE', FrameType.RESPONSE, DEFAULT_MAX_JSON_BYTES],
    ['DATA', FrameType.DATA, DEFAULT_MAX_DATA_BYTES],
  ])('takes a %s frame of the largest size and refuses one byte more by its header', (_name, type, most) => {
    expect(decode([encodeFrame(type, Buffer.alloc(most))])).toHaveLength(1);
    const header = encodeFrame(type, Buffer.alloc(most + 1)).subarray(0, FRAME_HEADER_BYTES);
    expect(() => decode([header])).toThrow(expect.objectContaining({ code: 'FRAME_TOO_LARGE' }));
  });

  it('takes memory for what came, not for what a header claims', () => {
    const header = encodeFrame(FrameType.REQUEST, Buffer.alloc(DEFAULT_MAX_JSON_BYTES)).subarray(0, FRAME_HEADER_BYTES + 1);
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 200 }, () => {
      const decoder = new FrameDecoder(new Gatherer());
      decoder.push(header);
      return decoder;
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(decoders.length * 16_384);
  });

  it('copies a payload that dribbles in a bounded number of times', () => {
    const payload = Buffer.alloc(300_000, 0x61);
    const bytes = encodeFrame(FrameType.RESPONSE, payload);
    const single = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    const started = process.cpuUsage();
    const [frame] = decode(single);
    expect(frame?.payload.equals(payload)).toBe(true);
    // Copying everything anew for each byte would be 45 GB.
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(2_000);
  });

  it('stops within a callback that says so', () => {
    const seen: number[] = [];
    const decoder = new FrameDecoder({
      frame: (type) => {
        seen.push(type);
        decoder.stop();
      },
      dataStart() {},
      dataChunk() {},
    });
    decoder.push(Buffer.concat([encodeFrame(FrameType.PING), encodeFrame(FrameType.PONG)]));
    decoder.push(encodeFrame(FrameType.END));
    expect(seen).toEqual([FrameType.PING]);
  });

  it('names every type, and those it does not know', () => {
    expect(frameTypeName(FrameType.GO_AWAY)).toBe('GO_AWAY');
    expect(frameTypeName(77)).toBe('type 77');
  });

  it(
    'survives random bytes: frames or its own errors, nothing else',
    () => {
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 20 }), (parts) => {
          try {
            decode(parts.map((part) => Buffer.from(part)));
          } catch (error) {
            expect(isPageSwarmError(error)).toBe(true);
          }
        }),
        FUZZING,
      );
    },
    FUZZ_SECONDS * 1_000 + 60_000,
  );

  it(
    'survives good frames with some bytes changed',
    () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
      fc.assert(
        fc.property(fc.array(frameOf, { minLength: 1, maxLength: 6 }), changes, fc.integer({ min: 1, max: 300 }), (frames, bytes, size) => {
          const whole = Buffer.concat(frames.map(({ type, payload, ...fields }) => encodeFrame(type, payload, fields)));
          for (const [at, value] of bytes) whole[at % whole.length] = value;
          try {
            const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, part) =>
              whole.subarray(part * size, (part + 1) * size),
            );
            expect(plain(decode(parts))).toEqual(plain(decodeNaively(whole)));
          } catch (error) {
            if (!isPageSwarmError(error)) throw error;
            expect(['PROTOCOL_ERROR', 'FRAME_TOO_LARGE']).toContain(error.code);
          }
        }),
        FUZZING,
      );
    },
    FUZZ_SECONDS * 1_000 + 60_000,
  );
});
