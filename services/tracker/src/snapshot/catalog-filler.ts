import type { Catalog } from '../catalog/catalog.ts';
import { DocumentPacker } from './document-packer.ts';
import type { LoadedEntry } from './snapshot-store.ts';

/** Fills an empty catalog with entries of documents, a few at a time: all of them are packed before the first goes in. */
export class CatalogFiller {
  private readonly packers: DocumentPacker[] = [];

  constructor(
    private readonly catalog: Catalog,
    private readonly now: () => number,
  ) {}

  pack(entries: readonly LoadedEntry[], start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const [id, bytes] = entries[at] as LoadedEntry;
      this.packers[at - start] ??= new DocumentPacker();
      const packer = this.packers[at - start] as DocumentPacker;
      if (packer.pack(id, bytes)) this.catalog.expect(packer.document);
    }
  }

  /** @returns false for a document that has to be decoded; nothing is changed then */
  take(place: number): boolean {
    const { isPacked, document } = this.packers[place] as DocumentPacker;
    return isPacked && this.catalog.fill(document, this.now());
  }
}
