import { Buffer } from 'node:buffer';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import * as zlib from 'node:zlib';
import { beforeAll, describe, it, jest } from '@jest/globals';
import { type ByteSource, isPageSwarmError, SeededRandom } from '@pageswarm/primitives';
import { HEADER_SEARCH_BYTES } from './cross-reference.ts';
import type { PageMap } from './index.ts';
import { DEFAULT_PAGE_MAP_LIMITS } from './limits.ts';
import { REST } from './owners.ts';
import { damagedPdf } from './testing-mutations.ts';
import { PartialSource } from './testing-source.ts';
import { structuredPdf } from './testing-structures.ts';

const CASES = new URL('./fuzz-cases/', import.meta.url);

/** Far smaller than pieces are, so that small files have many: what a page needs is then told to within this many bytes. */
const PIECE = 256;
/** The most time for each started megabyte, in milliseconds. */
const MAX_CPU_MS_PER_MB = 1_000;
/** How much the memory of the process may grow over one file, garbage included, in bytes. */
const MAX_GROWTH_BYTES = 67_108_864;
const LIMITS = { maxInflatedBytes: 200_000, maxTotalInflatedBytes: 500_000, maxWorkBytes: 1_048_576 };
/** A file may be opened twice: as its cross-reference data say, and after a scan. */
const OPENINGS = 2;

type PageMapLib = typeof import('./index.ts');

/** What was inflated since the count was begun, and the most that one call was allowed, in bytes. */
interface InflateCount {
  bytes: number;
  allowed: number;
}

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

/** @throws Error when work on so many bytes takes too long; on a busy machine it is done again, and its processor time counts */
async function timed<T>(what: string, size: number, work: () => Promise<T>): Promise<T> {
  const mostMs = MAX_CPU_MS_PER_MB * Math.ceil(size / 1_000_000);
  const started = performance.now();
  const result = await work();
  if (performance.now() - started < mostMs) return result;
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  check((user + system) / 1_000 < mostMs, `the ${what} took ${(user + system) / 1_000} ms of processor time`);
  return result;
}

/** Millions of files are checked, and the matchers of the test runner take longer than the files do. */
function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/**
 * Maps a file, encodes the map and makes a view of a page, and checks time, memory and whatever must hold of them.
 * @param inflated counts what the lib inflates, where the caller can tell
 * @throws Error that says what does not hold
 */
async function checkSafe(lib: PageMapLib, bytes: Buffer, page: number, inflated?: InflateCount): Promise<void> {
  const source = new CountingSource(bytes);
  if (inflated) Object.assign(inflated, { bytes: 0, allowed: 0 });
  const memory = process.memoryUsage();
  const map = await timed('map', bytes.length, () => lib.buildPageMap(source, { pieceLength: PIECE, limits: LIMITS }));
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - memory.heapUsed - memory.arrayBuffers;
  check(grown < MAX_GROWTH_BYTES, `the memory of the process grew by ${grown} bytes`);
  const mostAsked = LIMITS.maxWorkBytes + DEFAULT_PAGE_MAP_LIMITS.maxWorkFactor * bytes.length + LIMITS.maxTotalInflatedBytes;
  check(source.askedBytes <= OPENINGS * mostAsked, `the source was asked for ${source.askedBytes} bytes`);
  const { allowed, bytes: inflatedBytes } = inflated ?? { allowed: 0, bytes: 0 };
  check(allowed <= LIMITS.maxInflatedBytes, `a stream was allowed ${allowed} bytes`);
  check(inflatedBytes <= OPENINGS * (LIMITS.maxTotalInflatedBytes + LIMITS.maxInflatedBytes), `${inflatedBytes} bytes were inflated`);
  check(map.reason !== 'its structure could not be read', 'a fault of the reader costs the map');
  check(map.runs.reduce((total, [length]) => total + length, 0) === bytes.length, 'the map is not total');
  check(
    map.runs.every(([length, owner]) => length > 0 && owner >= REST && owner < map.pageCount),
    'the map has an owner or a length out of bounds',
  );
  check(isDeepStrictEqual(lib.decodePageMap(lib.encodePageMap(map), map), map), 'the map does not survive encoding');
  await checkView(lib, bytes, map, page);
}

/** A view is made of the pieces that the map names, and is a PDF of one page; or there is none, for a reason with a code. */
async function checkView(lib: PageMapLib, bytes: Buffer, map: PageMap, page: number): Promise<void> {
  const source = map.mapped ? PartialSource.ofPage(bytes, map, page) : new CountingSource(bytes);
  if (source instanceof PartialSource) source.store([[0, Math.ceil(HEADER_SEARCH_BYTES / PIECE)]]);
  const view = await timed('view', bytes.length, () =>
    lib.generatePageView(source, page, { map, limits: LIMITS, blockBytes: PIECE }).catch((error: unknown) => {
      if (!isPageSwarmError(error)) throw error;
      check(!error.detail.includes('its structure could not be read'), 'a fault of the reader costs the view');
      return error.code;
    }),
  );
  // What a map says can be opened, can be opened; how many pages there are, both ways agree on.
  if (typeof view === 'string') {
    check(['PAGE_NOT_FOUND', 'PDF_UNREADABLE', 'PDF_PASSWORD'].includes(view), `the view is refused with ${view}`);
    check(!map.mapped || page >= map.pageCount || view !== 'PAGE_NOT_FOUND', 'the view knows fewer pages than the map');
    return;
  }
  const { mapped, pageCount, reason } = await lib.buildPageMap(new CountingSource(Buffer.from(view)), { pieceLength: PIECE });
  check(mapped && pageCount === 1, `the view is a PDF of ${pageCount} pages: ${reason}`);
}

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
