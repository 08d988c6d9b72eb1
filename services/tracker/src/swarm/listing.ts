import type { Document, DocumentList, SearchRequest } from '@pageswarm/contracts';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import type { DocumentSearch } from '../search/document-search.ts';
import { documentView } from './document-view.ts';
import type { HostTable } from './host-table.ts';
import { LoopTurns } from './loop-turns.ts';
import { unknownDocument } from './swarm.service.ts';

/** Measures how long searches take. */
export type SearchMeter = <T>(search: () => T) => T;

/** The catalog as others see it: over HTTP and on the swarm transport alike. */
export class Listing {
  constructor(
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly documents: DocumentSearch,
    private readonly measured: SearchMeter,
    private readonly turns: LoopTurns = new LoopTurns(),
  ) {}

  /**
   * One page. An order that nobody asked for before is made first, while others get their turns. Searches that come together are
   * answered in turns of the event loop of their own: each of them may take milliseconds.
   * @throws PageSwarmError INVALID_REQUEST for a bad cursor, INVALID_MAGNET for a bad magnet link
   */
  async search({ query, limit, cursor, sort, order }: SearchRequest): Promise<DocumentList> {
    await this.turns.next();
    const isDescending = (order ?? (sort === 'name' ? 'asc' : 'desc')) === 'desc';
    const wanted = sort ?? (order && this.documents.listsEverything(query) ? 'added' : undefined);
    if (wanted && this.documents.listsEverything(query)) await this.catalog.prepareOrder(wanted);
    const { records, nextCursor } = this.measured(() =>
      this.documents.search(query, limit, cursor, wanted && { sort: wanted, isDescending }),
    );
    return { items: records.map((record) => this.view(record)), nextCursor };
  }

  /** By any hash in hex. @throws PageSwarmError DOCUMENT_NOT_FOUND */
  get(hash: string): Document {
    return this.view(this.record(hash));
  }

  /** By any hash in lower-case hex. */
  find(hash: string): Document | undefined {
    const record = this.catalog.find(hash);
    return record && this.view(record);
  }

  /** @throws PageSwarmError DOCUMENT_NOT_FOUND */
  record(hash: string): DocumentRecord {
    const record = this.catalog.find(hash.toLowerCase());
    if (!record) throw unknownDocument(hash);
    return record;
  }

  view(record: DocumentRecord): Document {
    return documentView(record, this.hosts);
  }
}
