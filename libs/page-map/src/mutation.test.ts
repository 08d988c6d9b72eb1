import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as zlib from 'node:zlib';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ByteSource, isPageSwarmError, SeededRandom } from '@pageswarm/primitives';
import { HEADER_SEARCH_BYTES } from './cross-reference.ts';
import type { PageMap } from './index.ts';
import { DEFAULT_PAGE_MAP_LIMITS } from './limits.ts';
import { REST } from './owners.ts';
import { damagedPdf } from './testing-mutations.ts';
import { PartialSource } from './testing-source.ts';
import { structuredPdf } from './testing-structures.ts';

/** Far smaller than pieces are, so that small files have many: what a page needs is then told to within this many bytes. */
const PIECE = 256;
/** Processor time per started megabyte, in milliseconds. */
const MAX_CPU_MS_PER_MB = 1_000;
/** How much the memory of the process may grow over one file, garbage included, in bytes. */
const MAX_GROWTH_BYTES = 67_108_864;
const LIMITS = { maxInflatedBytes: 200_000, maxTotalInflatedBytes: 500_000, maxWorkBytes: 1_048_576 };
/** A file may be opened twice: as its cross-reference data say, and after a scan. */
const OPENINGS = 2;
const CASES = new URL('./fuzz-cases/', import.meta.url);

/** Seconds that fuzzing lasts, or how many files it takes; without either some hundred. */
const FUZZ_SECONDS = Number(process.env['PAGESWARM_FUZZ_SECONDS'] ?? 0);
const FUZZ_RUNS = Number(process.env['PAGESWARM_FUZZ_RUNS'] ?? (FUZZ_SECONDS > 0 ? Number.MAX_SAFE_INTEGER : 400));
const FIRST_SEED = Number(process.env['PAGESWARM_FUZZ_SEED'] ?? 1);
const TIMEOUT_MS = 60_000 + FUZZ_SECONDS * 1_000 + Math.min(FUZZ_RUNS, 10_000_000) * 20;

type Inflate = (data: Uint8Array, options: { maxOutputLength: number }) => Buffer;
/** What has been inflated since the counter was set to 0, and the most that one call was allowed. */
const inflated = { bytes: 0, allowed: 0 };
const counted =
  (inflate: Inflate): Inflate =>
  (data, options) => {
    inflated.allowed = Math.max(inflated.allowed, options.maxOutputLength);
    const bytes = inflate(data, options);
    inflated.bytes += bytes.length;
    return bytes;
  };

/** Counts what it is asked for, and knows no bytes outside. */
class CountingSource implements ByteSource {
  askedBytes = 0;

  constructor(private readonly bytes: Buffer) {}

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length > 0 && offset + length <= this.size)) throw new RangeError(`${length} bytes at ${offset} of ${this.size}`);
    this.askedBytes += length;
    return this.bytes.subarray(offset, offset + length);
  }
}

let lib: typeof import('./index.ts');
beforeAll(async () => {
  jest.unstable_mockModule('node:zlib', () => ({
    ...zlib,
    inflateSync: counted(zlib.inflateSync as Inflate),
    inflateRawSync: counted(zlib.inflateRawSync as Inflate),
  }));
  lib = await import('./index.ts');
});

/** @returns the processor time that `work` took, in milliseconds */
async function measured<T>(work: () => Promise<T>): Promise<{ result: T; cpuMs: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuMs: (user + system) / 1_000 };
}

async function expectSafe(bytes: Buffer, page: number): Promise<void> {
  const source = new CountingSource(bytes);
  Object.assign(inflated, { bytes: 0, allowed: 0 });
  const memory = process.memoryUsage();
  const { result: map, cpuMs } = await measured(() => lib.buildPageMap(source, { pieceLength: PIECE, limits: LIMITS }));
  const after = process.memoryUsage();
  expect(cpuMs).toBeLessThan(MAX_CPU_MS_PER_MB * Math.ceil(bytes.length / 1_000_000));
  expect(after.heapUsed + after.arrayBuffers - memory.heapUsed - memory.arrayBuffers).toBeLessThan(MAX_GROWTH_BYTES);
  expect(source.askedBytes).toBeLessThanOrEqual(
    OPENINGS * (LIMITS.maxWorkBytes + DEFAULT_PAGE_MAP_LIMITS.maxWorkFactor * bytes.length + LIMITS.maxTotalInflatedBytes),
  );
  expect(inflated.allowed).toBeLessThanOrEqual(LIMITS.maxInflatedBytes);
  expect(inflated.bytes).toBeLessThanOrEqual(OPENINGS * (LIMITS.maxTotalInflatedBytes + LIMITS.maxInflatedBytes));
  expect(map.reason ?? '').not.toBe('its structure could not be read');
  expect(map.runs.reduce((total, [length]) => total + length, 0)).toBe(bytes.length);
  expect(map.runs.every(([length, owner]) => length > 0 && owner >= REST && owner < map.pageCount)).toBe(true);
  expect(lib.decodePageMap(lib.encodePageMap(map), map)).toEqual(map);
  await expectView(bytes, map, page);
}

/** A view is made of the pieces that the map names, and is a PDF of one page; or there is none, for a reason with a code. */
async function expectView(bytes: Buffer, map: PageMap, page: number): Promise<void> {
  const source = map.mapped ? PartialSource.ofPage(bytes, map, page) : new CountingSource(bytes);
  if (source instanceof PartialSource) source.store([[0, Math.ceil(HEADER_SEARCH_BYTES / PIECE)]]);
  const { result: view, cpuMs } = await measured(() =>
    lib.generatePageView(source, page, { map, limits: LIMITS, blockBytes: PIECE }).catch((error: unknown) => {
      if (!isPageSwarmError(error)) throw error;
      expect(error.detail).not.toContain('its structure could not be read');
      return error.code;
    }),
  );
  expect(cpuMs).toBeLessThan(MAX_CPU_MS_PER_MB * Math.ceil(bytes.length / 1_000_000));
  if (typeof view === 'string') expect(['PAGE_NOT_FOUND', 'PDF_UNREADABLE', 'PDF_PASSWORD']).toContain(view);
  else
    expect(await lib.buildPageMap(new CountingSource(Buffer.from(view)), { pieceLength: PIECE })).toMatchObject({
      mapped: true,
      pageCount: 1,
    });
  // What a map says can be opened, can be opened; how many pages there are, both ways agree on.
  if (map.mapped && page < map.pageCount) expect(view).not.toBe('PAGE_NOT_FOUND');
}

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
        await expectSafe(bytes, Math.floor(random.next() * 8)).catch((cause: unknown) => {
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
    for (let page = 0; page < 3; page++) await expectSafe(bytes, page);
  });
});
