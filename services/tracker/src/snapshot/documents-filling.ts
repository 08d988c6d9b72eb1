import { isPageSwarmError, type PageSwarmError } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import { CatalogFiller } from './catalog-filler.ts';
import { decodeDocument } from './document-codec.ts';
import type { LoadedEntry } from './snapshot-store.ts';

/** Fills an empty catalog, that nobody else uses meanwhile, with the documents of a copy. */
export class DocumentsFilling {
  private readonly filler: CatalogFiller;

  /** @param pass is told of each entry that is passed over, and why */
  constructor(
    private readonly catalog: Catalog,
    private readonly now: () => number,
    private readonly pass: (id: Buffer, error: PageSwarmError) => void,
  ) {
    this.filler = new CatalogFiller(catalog, now);
  }

  /** Takes entries from `start` to `end`. */
  take(entries: readonly LoadedEntry[], start: number, end: number): void {
    this.filler.pack(entries, start, end);
    for (let at = start; at < end; at++) if (!this.filler.take(at - start)) this.decode(entries[at] as LoadedEntry);
  }

  private decode([id, bytes]: LoadedEntry): void {
    try {
      const { facts, past } = decodeDocument(id.toString('hex'), bytes);
      this.catalog.restore(facts, past, this.now());
    } catch (error) {
      if (!isPageSwarmError(error)) throw error;
      this.pass(id, error);
    }
  }
}
