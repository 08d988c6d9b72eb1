import type { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { beforeAll, describe, it, jest } from '@jest/globals';
import { SeededRandom } from '@pageswarm/primitives';
import { damagedPdf } from './testing-mutations.ts';
import { checkSafe, type InflateCount } from './testing-safety.ts';
import { structuredPdf } from './testing-structures.ts';

const CASES = new URL('./fuzz-cases/', import.meta.url);

/** Seconds that fuzzing lasts, or how many files it takes; without either some hundred. */
const FUZZ_SECONDS = Number(process.env['PAGESWARM_FUZZ_SECONDS'] ?? 0);
const FUZZ_RUNS = Number(process.env['PAGESWARM_FUZZ_RUNS'] ?? (FUZZ_SECONDS > 0 ? Number.MAX_SAFE_INTEGER : 400));
const FIRST_SEED = Number(process.env['PAGESWARM_FUZZ_SEED'] ?? 1);
const TIMEOUT_MS = 60_000 + FUZZ_SECONDS * 1_000 + Math.min(FUZZ_RUNS, 10_000_000) * 20;

type Inflate = (data: Uint8Array, options: { maxOutputLength: number }) => Buffer;
const inflated: InflateCount = { bytes: 0, allowed: 0 };
const counted =
  (inflate: Inflate): Inflate =>
  (data, options) => {
    inflated.allowed = Math.max(inflated.allowed, options.maxOutputLength);
    const bytes = inflate(data, options);
    inflated.bytes += bytes.length;
    return bytes;
  };

let lib: typeof import('./index.ts');
beforeAll(async () => {
  jest.unstable_mockModule('node:zlib', () => ({
    ...zlib,
    inflateSync: counted(zlib.inflateSync as Inflate),
    inflateRawSync: counted(zlib.inflateRawSync as Inflate),
  }));
  lib = await import('./index.ts');
});

describe('damaged files', () => {
  it(
    'always get a total map in time and memory that survives encoding, and views or a coded error',
    async () => {
      const started = performance.now();
      let seed = FIRST_SEED;
      for (; seed < FIRST_SEED + FUZZ_RUNS; seed++) {
        if (FUZZ_SECONDS > 0 && performance.now() - started > FUZZ_SECONDS * 1_000) break;
        const random = new SeededRandom(seed);
        const bytes = seed % 2 === 0 ? damagedPdf(random) : structuredPdf(random);
        await checkSafe(lib, bytes, Math.floor(random.next() * 8), inflated).catch((cause: unknown) => {
          const told = `PAGESWARM_FUZZ_SEED=${seed} PAGESWARM_FUZZ_RUNS=1; to keep as a case: ${bytes.toString('base64')}`;
          throw new Error(`${cause instanceof Error ? cause.message : cause}\nThis was file ${told}`, { cause });
        });
      }
      if (FUZZ_SECONDS > 0 || process.env['PAGESWARM_FUZZ_RUNS']) process.stderr.write(`${seed - FIRST_SEED} damaged files\n`);
    },
    TIMEOUT_MS,
  );

  const cases = existsSync(CASES) ? readdirSync(CASES).filter((name) => name.endsWith('.pdf')) : [];
  it.each(cases)('that once were a problem: %s', async (name) => {
    const bytes = readFileSync(new URL(name, CASES));
    for (let page = 0; page < 3; page++) await checkSafe(lib, bytes, page, inflated);
  });
});
