import { createHash } from 'node:crypto';
import type { QueryClass } from './sample-names.ts';

/** Documents of the catalog that the tracker benchmark asks. */
export const BENCH_DOCUMENTS = 100_000;
export interface SearchCost {
  readonly kind: QueryClass;
  /** CPU of one search, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly foundShare: number;
}

/** What the tracker's side tells, one of these at a time. */
export interface TrackerSideReport {
  readonly ready?: { readonly http: number; readonly udp: number; readonly bytesPerDocument: number };
  readonly cpu?: NodeJS.CpuUsage;
  readonly searches?: readonly SearchCost[];
}

/** The v1 info-hash of document `n`, in hex. */
export function benchHash(n: number): string {
  return createHash('sha1').update(`document ${n}`).digest('hex');
}
