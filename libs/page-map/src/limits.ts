/**
 * What reading the structure of one PDF may cost. Crossing a limit never throws out of {@link buildPageMap}: the document gets a linear
 * map whose reason names the limit, and still transfers byte for byte.
 */
export interface PageMapLimits {
  /** The most objects that the cross-reference data may name. @default 2,000,000 */
  readonly maxObjects: number;
  /** The most cross-reference sections (tables and streams, /Prev and /XRefStm) that are read. @default 2,000 */
  readonly maxXrefSections: number;
  /** The most cross-reference entries that are read over all sections, old revisions included. @default 6,000,000 */
  readonly maxXrefEntries: number;
  /** The most pages. @default 100,000 */
  readonly maxPages: number;
  /** The deepest page tree, in nodes. @default 200 */
  readonly maxTreeDepth: number;
  /** The most page tree nodes and kids that are looked at, pages or not. @default 1,000,000 */
  readonly maxTreeKids: number;
  /** The deepest nesting of arrays and dictionaries inside one object. @default 200 */
  readonly maxNesting: number;
  /** The most bytes of one object outside its stream. @default 33,554,432 (32 MiB) */
  readonly maxObjectBytes: number;
  /** The most bytes that one cross-reference or object stream may inflate to. @default 67,108,864 (64 MiB) */
  readonly maxInflatedBytes: number;
  /** The most bytes that all such streams together may inflate to. @default 1,073,741,824 (1 GiB) */
  readonly maxTotalInflatedBytes: number;
  /** The most references that are kept, and followed to find the closures of all pages. @default 30,000,000 */
  readonly maxVisits: number;
  /** Bytes that may be parsed or searched per byte of the file, over {@link PageMapLimits.maxWorkBytes}: stops objects that lie in each other. @default 8 */
  readonly maxWorkFactor: number;
  /** Bytes that may be parsed or searched in any file, however small. @default 33,554,432 (32 MiB) */
  readonly maxWorkBytes: number;
  /** The most bytes of a generated page view. @default 536,870,912 (512 MiB) */
  readonly maxViewBytes: number;
  /** The most bytes of the document that are kept in memory while it is read. @default 8,388,608 (8 MiB) */
  readonly maxCacheBytes: number;
}

export const DEFAULT_PAGE_MAP_LIMITS: PageMapLimits = {
  maxObjects: 2_000_000,
  maxXrefSections: 2_000,
  maxXrefEntries: 6_000_000,
  maxPages: 100_000,
  maxTreeDepth: 200,
  maxTreeKids: 1_000_000,
  maxNesting: 200,
  maxObjectBytes: 33_554_432,
  maxInflatedBytes: 67_108_864,
  maxTotalInflatedBytes: 1_073_741_824,
  maxVisits: 30_000_000,
  maxWorkFactor: 8,
  maxWorkBytes: 33_554_432,
  maxViewBytes: 536_870_912,
  maxCacheBytes: 8_388_608,
};

/** Raised inside this lib when a PDF cannot be mapped; its message is the reason that the linear map carries. */
export class UnmappableError extends Error {
  override readonly name = 'UnmappableError';
}

/** Raised inside this lib when only a password could tell more. */
export class PasswordError extends UnmappableError {}

/** The error for a stream that gives more than it may. */
export function inflatesTooFar(maxBytes: number): UnmappableError {
  return new UnmappableError(`a stream that holds its structure inflates to more than ${maxBytes} bytes`);
}

/** Raised inside this lib when an object that is needed is not where the cross-reference data says; a scan of the file may find it. */
export class DamagedXrefError extends Error {
  override readonly name = 'DamagedXrefError';
}

/** Counts what is spent on one document against its limits. */
export class WorkMeter {
  private workBytes: number;
  private inflatedBytes: number;
  private visits: number;
  private xrefEntries: number;

  constructor(
    readonly limits: PageMapLimits,
    size: number,
  ) {
    this.workBytes = limits.maxWorkBytes + limits.maxWorkFactor * size;
    this.inflatedBytes = limits.maxTotalInflatedBytes;
    this.visits = limits.maxVisits;
    this.xrefEntries = limits.maxXrefEntries;
  }

  /** Bytes parsed or searched. */
  spendWork(bytes: number): void {
    this.workBytes -= bytes;
    if (this.workBytes < 0) throw new UnmappableError('reading its structure takes too much work (objects lie in each other)');
  }

  spendInflated(bytes: number): void {
    this.inflatedBytes -= bytes;
    if (this.inflatedBytes < 0) throw new UnmappableError(`its structure inflates to more than ${this.limits.maxTotalInflatedBytes} bytes`);
  }

  /** The most bytes that the next stream may inflate to. */
  get inflateAllowance(): number {
    return Math.max(1, Math.min(this.limits.maxInflatedBytes, this.inflatedBytes));
  }

  spendVisits(count: number): void {
    this.visits -= count;
    if (this.visits < 0) throw new UnmappableError(`its pages refer to each other more than ${this.limits.maxVisits} times`);
  }

  spendXrefEntries(count: number): void {
    this.xrefEntries -= count;
    if (this.xrefEntries < 0) throw new UnmappableError(`it has more than ${this.limits.maxXrefEntries} cross-reference entries`);
  }
}
