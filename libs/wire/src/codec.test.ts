import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DEFAULT_MAX_DATA_BYTES,
  DEFAULT_MAX_JSON_BYTES,
  encodeFrame,
  FRAME_HEADER_BYTES,
  FrameBatch,
  FrameDecoder,
  FrameFlag,
  FrameType,
  frameTypeName,
  MAX_SPARE_FRAME_SLABS,
  recycleFrames,
} from './index.ts';
import { decode, Gatherer, joined, plain } from './testing/frame-gatherer.ts';
import { decodeNaively } from './testing/naive-decoder.ts';

const anyFrame = fc.record({
  type: fc.constantFrom(...Object.values(FrameType)),
  flags: fc.integer({ min: 0, max: 255 }),
  streamId: fc.integer({ min: 0, max: 0xffff_ffff }),
  auxiliary: fc.integer({ min: 0, max: 0xffff_ffff }),
  payload: fc
    .oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1_990, maxLength: 2_100 }))
    .map((bytes) => Buffer.from(bytes)),
});

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
      fc.property(fc.array(anyFrame, { maxLength: 12 }), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (frames, sizes) => {
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
        expect(decoded).toEqual(plain(decodeNaively(bytes).frames));
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

  it('uses memory that was drained only when it was given back', () => {
    const batch = new FrameBatch();
    const drained: Buffer[] = [];
    for (let index = 0; index < 3_000; index++) {
      batch.append(FrameType.RESPONSE, 0, index, 0, `value ${index}`);
      if (index % 7 !== 0) continue;
      const frames = batch.drain();
      drained.push(...frames.parts.map((part) => (index % 2 === 0 ? (part as Buffer) : Buffer.from(part))));
      if (index % 2 === 1) recycleFrames(frames);
    }
    drained.push(joined(batch));
    expect(decode(drained).map(({ payload }) => payload.toString())).toEqual(Array.from({ length: 3_000 }, (_, index) => `value ${index}`));
  });

  it('writes into the same memory again and again once it is given back, and keeps no more than 32 slabs', () => {
    const batch = new FrameBatch();
    const memory = new Set<unknown>();
    for (let index = 0; index < 1_000; index++) {
      batch.append(FrameType.PING, 0, 0, index);
      const frames = batch.drain();
      for (const { buffer } of frames.parts) memory.add(buffer);
      recycleFrames(frames);
    }
    expect(memory.size).toBe(1);
    const many = Array.from({ length: MAX_SPARE_FRAME_SLABS + 10 }, (_, index) => {
      batch.append(FrameType.PING, 0, 0, index);
      return batch.drain();
    });
    for (const frames of many) recycleFrames(frames);
    const given = new Set(many.flatMap(({ slabs }) => slabs));
    const again = many.map((_, index) => {
      batch.append(FrameType.PING, 0, 0, index);
      return batch.drain().slabs[0] as Buffer;
    });
    expect(again.filter((slab) => given.has(slab))).toHaveLength(MAX_SPARE_FRAME_SLABS);
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
});
