import type { QueryClass } from './sample-names.ts';

/** CPU of single pieces of work, in microseconds; of the longest one that of the main thread. */
export interface CostLine {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

/** What a tracker with a large catalog measured of itself. */
export interface CatalogReport {
  /** Different words of all names. */
  readonly words: number;
  /** Memory of the process, its growth. */
  readonly bytesPerDocument: number;
  readonly bytesPerPage: number;
  /** CPU of adding one document with its hosts, garbage and all. */
  readonly addedUs: number;
  readonly added: CostLine;
  readonly changed: CostLine;
  readonly searches: readonly (CostLine & { readonly kind: QueryClass; readonly foundShare: number })[];
  readonly orders: readonly (CostLine & { readonly sort: string; readonly preparedSeconds: number; readonly longestStep: number })[];
  /** The longest step of taking a peer off the list that holds a tenth of all documents. */
  readonly leaving: CostLine;
}
