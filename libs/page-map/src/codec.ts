import { Buffer } from 'node:buffer';
import { brotliCompressSync, brotliDecompressSync, constants as zlib } from 'node:zlib';
import { type IndexRange, PageSwarmError, pieceCount } from '@pageswarm/primitives';
import { DEFAULT_PAGE_MAP_LIMITS } from './limits.ts';
import { type OwnerRun, REST, STRUCTURE, structurePieces } from './owners.ts';
import { linearPageMap, MAX_CLOSURE_RANGES, MAX_REASON_LENGTH, MAX_RUNS, type PageMap, type PageMapDetails } from './page-map.ts';
import { boundariesOf, rangesOf, symmetricDifference, withoutRanges } from './piece-sets.ts';
import { VarintReader, VarintWriter } from './varints.ts';

/** The most bytes of an encoded page map. */
export const MAX_ENCODED_PAGE_MAP_BYTES = 4_194_304;
/** The most bytes that an encoded page map may inflate to. */
export const MAX_INFLATED_PAGE_MAP_BYTES = 33_554_432;

const MAGIC = Buffer.from('PM\x02', 'latin1');
const MAX_SIZE = Number.MAX_SAFE_INTEGER;
const MAX_OBJECT_NUMBER = 2_147_483_647;
const DETAIL_FLAGS = ['encrypted', 'needsPassword', 'rebuilt', 'linearized'] as const;

/**
 * Encodes a page map: `P`, `M`, version 2, then a brotli stream of varints: flags (1 mapped, 2 encrypted, 4 needs password, 8 rebuilt,
 * 16 linearized), the PDF version, size, piece length, pages; for a linear map the reason; otherwise the number of each page's object as a
 * difference to the one before, the count of runs, their owners (0 rest, 1 structure, from 2 the difference to the last page), their
 * lengths, the boundaries of the pieces that every page needs, after taking away those with bytes of the structure, and for each page the
 * boundaries of its closure, after taking away what the page's own bytes and the page before already say. Boundaries are a count of ranges
 * and their ends as differences.
 */
export function encodePageMap(map: PageMap): Uint8Array {
  const writer = new VarintWriter();
  writer.unsigned(DETAIL_FLAGS.reduce((flags, key, bit) => flags | (map.details[key] ? 2 << bit : 0), map.mapped ? 1 : 0));
  writer.text(map.details.pdfVersion ?? '');
  for (const value of [map.size, map.pieceLength, map.pageCount]) writer.unsigned(value);
  if (map.mapped) writeMapped(map, writer);
  else writer.text(map.reason ?? '');
  const payload = writer.finish();
  const params = { [zlib.BROTLI_PARAM_QUALITY]: 9, [zlib.BROTLI_PARAM_SIZE_HINT]: payload.length };
  return Buffer.concat([MAGIC, brotliCompressSync(payload, { params })]);
}

function writeMapped(map: PageMap, writer: VarintWriter): void {
  let before = 0;
  for (const num of map.pageObjects) {
    writer.signed(num - before);
    before = num;
  }
  writer.unsigned(map.runs.length);
  let page = 0;
  for (const [, owner] of map.runs) {
    if (owner < 0) writer.unsigned(owner === REST ? 0 : 1);
    else {
      writer.unsigned(2 + zigzag(owner - page));
      page = owner;
    }
  }
  for (const [length] of map.runs) writer.unsigned(length);
  writeBoundaries(writer, symmetricDifference(boundariesOf(map.structure), boundariesOf(structurePieces(map.runs, map.pieceLength))));
  const own = ownBoundaries(map.runs, map);
  let extra: number[] = [];
  for (const [index, closure] of map.closures.entries()) {
    const current = symmetricDifference(boundariesOf(closure), own[index] ?? []);
    writeBoundaries(writer, symmetricDifference(current, extra));
    extra = current;
  }
}

function writeBoundaries(writer: VarintWriter, boundaries: readonly number[]): void {
  writer.unsigned(boundaries.length / 2);
  let at = 0;
  for (const boundary of boundaries) {
    writer.unsigned(boundary - at);
    at = boundary;
  }
}

const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

/**
 * Decodes and checks a page map that somebody else made, before anything uses it.
 * @param document what is known for certain of the document; the map must agree with it
 * @throws PageSwarmError INVALID_REQUEST if anything about it is wrong
 */
export function decodePageMap(bytes: Uint8Array, document: { readonly size: number; readonly pieceLength: number }): PageMap {
  const reader = new VarintReader(inflated(bytes), 'page map');
  const flags = reader.unsigned('flags', 31);
  const flag = (bit: number): boolean => (flags & (2 << bit)) !== 0;
  const pdfVersion = reader.text('a PDF version', 8);
  const details: PageMapDetails = {
    encrypted: flag(0),
    needsPassword: flag(1),
    rebuilt: flag(2),
    linearized: flag(3),
    ...(pdfVersion ? { pdfVersion } : {}),
  };
  const size = reader.unsigned('a size', MAX_SIZE);
  const pieceLength = reader.unsigned('a piece length', MAX_SIZE);
  if (size !== document.size || pieceLength !== document.pieceLength) reader.fail('belongs to another document');
  const pageCount = reader.unsigned('a number of pages', DEFAULT_PAGE_MAP_LIMITS.maxPages, 1);
  if ((flags & 1) === 0) {
    const reason = reader.text('a reason', MAX_REASON_LENGTH * 3);
    reader.end();
    return linearPageMap({ size, pieceLength, pageCount, reason, details });
  }
  const pageObjects = readPageObjects(reader, pageCount);
  const runs = readRuns(reader, size, pageCount);
  const change = readBoundaries(reader, 'structure', pieceCount(size, pieceLength));
  const structure = rangesOf(symmetricDifference(boundariesOf(structurePieces(runs, pieceLength)), change));
  const closures = readClosures(reader, { size, pieceLength, pageCount, runs, structure });
  reader.end();
  return { version: 2, size, pieceLength, pageCount, mapped: true, runs, closures, structure, pageObjects, details };
}

function inflated(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_ENCODED_PAGE_MAP_BYTES)
    throw new PageSwarmError('INVALID_REQUEST', `The page map has more than ${MAX_ENCODED_PAGE_MAP_BYTES} bytes`);
  if (Buffer.compare(bytes.subarray(0, MAGIC.length), MAGIC) !== 0)
    throw new PageSwarmError('INVALID_REQUEST', 'The page map does not begin as version 2 does');
  try {
    return brotliDecompressSync(bytes.subarray(MAGIC.length), { maxOutputLength: MAX_INFLATED_PAGE_MAP_BYTES });
  } catch (cause) {
    throw new PageSwarmError('INVALID_REQUEST', 'The page map cannot be inflated', { cause });
  }
}

function readPageObjects(reader: VarintReader, pageCount: number): number[] {
  const numbers: number[] = [];
  let num = 0;
  for (let page = 0; page < pageCount; page++) {
    num += reader.signed('a page object', MAX_OBJECT_NUMBER);
    if (num < 0 || num > MAX_OBJECT_NUMBER) reader.fail(`has a page object of ${num}`);
    numbers.push(num);
  }
  return numbers;
}

function readRuns(reader: VarintReader, size: number, pageCount: number): OwnerRun[] {
  const count = reader.unsigned('a number of runs', Math.min(MAX_RUNS, size));
  const owners: number[] = [];
  let page = 0;
  for (let index = 0; index < count; index++) {
    const code = reader.unsigned('an owner', 2 * pageCount + 2);
    if (code >= 2) page += unzigzag(code - 2);
    if (page < 0 || page >= pageCount) reader.fail(`gives bytes to page ${page + 1} of ${pageCount}`);
    owners.push(code === 0 ? REST : code === 1 ? STRUCTURE : page);
  }
  let left = size;
  const runs = owners.map((owner): OwnerRun => {
    const length = reader.unsigned('the length of a run', left, 1);
    left -= length;
    return [length, owner];
  });
  if (left !== 0) reader.fail(`leaves ${left} bytes without owner`);
  return runs;
}

function readClosures(
  reader: VarintReader,
  map: Pick<PageMap, 'size' | 'pieceLength' | 'pageCount' | 'runs' | 'structure'>,
): (readonly IndexRange[])[] {
  const pieces = pieceCount(map.size, map.pieceLength);
  const own = ownBoundaries(map.runs, map);
  const closures: IndexRange[][] = [];
  let rangesLeft = MAX_CLOSURE_RANGES;
  let extra: number[] = [];
  for (let page = 0; page < map.pageCount; page++) {
    extra = symmetricDifference(extra, readBoundaries(reader, 'closure', pieces));
    const closure = withoutRanges(rangesOf(symmetricDifference(extra, own[page] ?? [])), map.structure);
    // Closures repeat what was said before, so a few bytes could stand for very many ranges.
    rangesLeft -= closure.length + extra.length / 2;
    if (rangesLeft < -MAX_CLOSURE_RANGES) reader.fail(`has more than ${MAX_CLOSURE_RANGES} closure ranges`);
    closures.push(closure);
  }
  return closures;
}

function readBoundaries(reader: VarintReader, what: string, pieces: number): number[] {
  const boundaries: number[] = [];
  for (let left = 2 * reader.unsigned(`a number of ${what} ranges`, pieces); left > 0; left--) {
    const at = boundaries.at(-1);
    boundaries.push((at ?? 0) + reader.unsigned(`a ${what}`, pieces - (at ?? 0), at === undefined ? 0 : 1));
  }
  return boundaries;
}

/** For each page the boundaries of the pieces that its own bytes touch, without those of the structure: most of its closure. */
function ownBoundaries(runs: readonly OwnerRun[], { pieceLength, structure }: Pick<PageMap, 'pieceLength' | 'structure'>): number[][] {
  const ranges: [number, number][][] = [];
  let at = 0;
  for (const [length, owner] of runs) {
    const first = Math.floor(at / pieceLength);
    const end = Math.floor((at + length - 1) / pieceLength) + 1;
    at += length;
    if (owner < 0) continue;
    ranges[owner] ??= [];
    const own = ranges[owner] as [number, number][];
    const last = own.at(-1);
    if (last && first <= last[0] + last[1]) last[1] = end - last[0];
    else own.push([first, end - first]);
  }
  return Array.from(ranges, (own) => boundariesOf(withoutRanges(own ?? [], structure)));
}
