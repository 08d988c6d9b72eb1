import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameReader } from './frame-reader.ts';
import { MAX_JOB_VALUE_BYTES, MAX_OUTPUT_CHUNK_BYTES } from './limits.ts';
import { encodeHeader, FRAME } from './pipe-frames.ts';

const frame = fc.oneof(
  fc.constantFrom(FRAME.ready, FRAME.progress).map((kind) => ({ kind, length: 0, offset: 0, payload: Buffer.alloc(0) })),
  fc
    .tuple(fc.constantFrom(FRAME.output, FRAME.done, FRAME.failed), fc.uint8Array({ maxLength: 300, size: 'max' }))
    .map(([kind, bytes]) => ({ kind, length: bytes.length, offset: 0, payload: Buffer.from(bytes) })),
  fc.tuple(fc.nat(2 ** 31), fc.nat(2 ** 40)).map(([length, offset]) => ({ kind: FRAME.read, length, offset, payload: Buffer.alloc(0) })),
);

describe('the reader of what a child writes', () => {
  it('finds the same frames wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8, size: 'max' }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 50, size: 'max' }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.flatMap(({ kind, length, offset, payload }) => [encodeHeader(kind, length, offset), payload]));
          const found: object[] = [];
          const reader = new FrameReader((header, payload) => found.push({ ...header, payload: Buffer.from(payload) }));
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const end = at + (cuts[turn % cuts.length] as number);
            reader.push(bytes.subarray(at, end));
            at = end;
          }
          expect(found).toEqual(frames);
        },
      ),
    );
  });

  it.each([
    ['an unknown kind', encodeHeader(99 as never, 0)],
    ['a kind of the parent', encodeHeader(FRAME.bytes, 4)],
    ['output over the limit', encodeHeader(FRAME.output, MAX_OUTPUT_CHUNK_BYTES + 1)],
    ['a value over the limit', encodeHeader(FRAME.done, MAX_JOB_VALUE_BYTES + 1)],
    ['progress with a payload', encodeHeader(FRAME.progress, 1)],
  ])('refuses %s from the header alone', (_name, header) => {
    const reader = new FrameReader(() => undefined);
    expect(() => reader.push(header)).toThrow(/A child sent a frame/);
  });
});
