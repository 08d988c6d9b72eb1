import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, FrameType } from './index.ts';
import { decodeUntilError, partsOf, plain } from './testing/frame-gatherer.ts';
import { decodeNaively } from './testing/naive-decoder.ts';

/** Seconds that the fuzzing tests of this file last together; without it some hundred inputs each. */
const FUZZ_SECONDS = Number(process.env.PAGESWARM_FUZZ_SECONDS ?? 0);
const TESTS = 2;
const FUZZING =
  FUZZ_SECONDS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: (FUZZ_SECONDS * 1_000) / TESTS, markInterruptAsFailure: false }
    : { numRuns: 500 };
const TIMEOUT_MS = FUZZ_SECONDS * 1_000 + 60_000;
const CASES = new URL('./fuzz-cases/', import.meta.url);

const anyFrame = fc.record({
  type: fc.constantFrom(...Object.values(FrameType)),
  flags: fc.nat({ max: 255 }),
  streamId: fc.nat({ max: 0xffff_ffff }),
  auxiliary: fc.nat({ max: 0xffff_ffff }),
  payload: fc.uint8Array({ maxLength: 60 }),
});

/** The decoder makes of `whole`, in whatever parts, what its twin makes of it. A failure shows the bytes to keep as a case. */
function compareWithTwin(whole: Buffer, sizes: Iterable<number>): void {
  const { frames, code } = decodeNaively(whole);
  for (const size of sizes) {
    let decoded: ReturnType<typeof decodeUntilError>;
    try {
      decoded = decodeUntilError(partsOf(whole, size));
    } catch (cause) {
      throw new Error(`The decoder throws at ${whole.toString('hex')} in parts of ${size}`, { cause });
    }
    if (decoded.code !== code || JSON.stringify(plain(decoded.frames)) !== JSON.stringify(plain(frames)))
      throw new Error(`The decoder ends with ${decoded.code}, its twin with ${code}, at ${whole.toString('hex')} in parts of ${size}`);
  }
}

describe('the frame decoder, fuzzed', () => {
  it(
    'makes of random bytes what its naive twin does',
    () => {
      const bytes = fc.uint8Array({ maxLength: 600 }).map((array) => Buffer.from(array));
      // Random headers claim gigabytes; a cleared first half lets some of them be short.
      const fitting = bytes.map((array) => {
        for (let at = 0; at + 4 < array.length; at += 1 + (array[at] as number)) array.fill(0, at, at + 3);
        return array;
      });
      fc.assert(
        fc.property(fc.oneof(bytes, fitting), fc.integer({ min: 1, max: 80 }), (whole, size) => compareWithTwin(whole, [size])),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );

  it(
    'makes of good frames with some bytes changed, cut or repeated what its naive twin does',
    () => {
      const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
      const cut = fc.tuple(fc.nat(), fc.nat({ max: 40 }));
      fc.assert(
        fc.property(
          fc.array(anyFrame, { minLength: 1, maxLength: 6 }),
          changes,
          fc.option(cut),
          fc.integer({ min: 1, max: 300 }),
          (frames, bytes, gap, size) => {
            let whole = Buffer.concat(frames.map(({ type, payload, ...fields }) => encodeFrame(type, payload, fields)));
            for (const [at, value] of bytes) whole[at % whole.length] = value;
            if (gap) {
              const [at, length] = [gap[0] % whole.length, gap[1]];
              // An odd length cuts, an even one repeats.
              const next = length % 2 === 1 ? at + length : Math.max(0, at - length);
              whole = Buffer.concat([whole.subarray(0, at), whole.subarray(next)]);
            }
            compareWithTwin(whole, [size, whole.length]);
          },
        ),
        FUZZING,
      );
    },
    TIMEOUT_MS,
  );
});

describe('a kept case of the frame decoder', () => {
  // A file is hex with comments; its "expect" line names the frames, or the code that the decoder ends with.
  it.each(readdirSync(CASES).filter((name) => name.endsWith('.hex')))('%s ends as it says, however it is split', (name) => {
    const text = readFileSync(new URL(name, CASES), 'utf8');
    const [, wanted] = /^# expect: (.+)$/m.exec(text) ?? [];
    const whole = Buffer.from(text.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex');
    const { frames, code } = decodeUntilError([whole]);
    expect(code ?? `${frames.length} frames`).toBe(wanted);
    compareWithTwin(
      whole,
      Array.from({ length: whole.length }, (_, index) => index + 1),
    );
  });
});
