import { isPageSwarmError, type PageSwarmError } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentPast } from '../catalog/catalog-filling.ts';
import type { DocumentFacts } from '../catalog/document-record.ts';
import type { Turn } from '../columns/pace.ts';
import { decodeDocument, ID_BYTES } from './document-codec.ts';
import { DocumentPacker } from './document-packer.ts';
import type { PackedEntries } from './packed-entries.ts';
import type { LoadedEntry } from './snapshot-store.ts';

/** Who is told what becomes of the documents of a copy. */
export interface FillingListener {
  now(): number;
  /** An entry is passed over. */
  pass(id: string, error: PageSwarmError): void;
  /** Runs what changes the catalog. */
  takeIn(take: () => void): void;
}

/** Fills an empty catalog, that nobody else uses meanwhile, with the documents of a copy. */
export class DocumentsFilling {
  private readonly packer = new DocumentPacker();
  /** Documents that came before, and are gone since all were settled: their slots may have others. */
  gone: readonly number[] = [];
  private isSettled = false;
  /** The moment of those that are taken together: a million moments would be garbage. */
  private now = 0;

  constructor(
    private readonly catalog: Catalog,
    private readonly listener: FillingListener,
  ) {
    catalog.beginFilling();
  }

  /** Takes entries from `start` to `end`. A catalog that may be full with them is settled first: only those that stay count. */
  async take(entries: readonly LoadedEntry[], start: number, end: number, turn: Turn): Promise<void> {
    if (!this.isSettled && !this.catalog.hasRoomFor(end - start)) await this.settle(turn);
    this.now = this.listener.now();
    this.listener.takeIn(() => {
      for (let at = start; at < end; at++) {
        const [id, bytes] = entries[at] as LoadedEntry;
        this.takeEntry(id, 0, id.length, bytes, 0, bytes.length);
      }
    });
  }

  /** The same for entries that lie in one piece. */
  async takePacked(entries: PackedEntries, turn: Turn): Promise<void> {
    if (!this.isSettled && !this.catalog.hasRoomFor(entries.count)) await this.settle(turn);
    const { bytes } = entries;
    this.now = this.listener.now();
    for (let n = 0; n < entries.count; n++)
      this.takeEntry(bytes, entries.idStart(n), entries.idEnd(n), bytes, entries.valueStart(n), entries.valueEnd(n));
  }

  /** All that came are found from now on, and more come one by one. */
  async settle(turn: Turn): Promise<void> {
    if (this.isSettled) return;
    this.isSettled = true;
    this.gone = await this.catalog.settle(turn, (facts, past) => this.listener.takeIn(() => this.restore(facts, past)));
  }

  private takeEntry(ids: Buffer, idStart: number, idEnd: number, bytes: Buffer, start: number, end: number): void {
    const { packer, catalog } = this;
    const isPacked = idEnd - idStart === ID_BYTES.root && packer.pack(ids, idStart, bytes, start, end);
    if (isPacked && catalog.fill(packer.document, this.now)) return;
    const text = ids.toString('hex', idStart, idEnd);
    this.passing(text, () => {
      const { facts, past } = decodeDocument(text, bytes.subarray(start, end));
      catalog.restore(facts, past, this.now);
    });
  }

  private restore(facts: DocumentFacts, past: DocumentPast): void {
    this.passing(facts.id, () => this.catalog.restore(facts, past, this.listener.now()));
  }

  private passing(id: string, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (!isPageSwarmError(error)) throw error;
      this.listener.pass(id, error);
    }
  }
}
