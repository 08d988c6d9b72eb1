import type { DocumentSort } from '@pageswarm/contracts';
import { PageSwarmError } from '@pageswarm/primitives';
import { parseMagnet } from '@pageswarm/torrent';
import type { Catalog } from '../catalog/catalog.ts';
import type { OrderPlace } from '../catalog/document-orders.ts';
import type { CatalogChange, DocumentRecord } from '../catalog/document-record.ts';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { wordsOf } from './fold.ts';
import { NameIndex } from './name-index.ts';
import { compareFits, decodeCursor, encodeCursor, FirstInOrder, type Fit } from './ranking.ts';

/** Documents whose texts are read before others may get their turn. */
const READ_PER_TURN = 64;

const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

export interface SearchPage {
  readonly records: DocumentRecord[];
  readonly nextCursor: string | null;
}

/** The order of an answer, when it is not that of the best fit or of the newest. */
export interface AnswerOrder {
  readonly sort: DocumentSort;
  readonly isDescending: boolean;
}

const NEWEST_FIRST: AnswerOrder = { sort: 'added', isDescending: true };

/** A document in an answer, by its slot. */
interface Found extends Fit {
  readonly slot: number;
}

/** Searches the catalog as people do: by nothing, by parts of names, by any hash, by a magnet link. */
export class DocumentSearch {
  private readonly index: NameIndex;

  constructor(private readonly catalog: Catalog) {
    this.index = new NameIndex((slot) => catalog.textsAt(slot));
    for (const record of catalog.all()) this.follow({ kind: 'added', record });
    catalog.onChange((change) => this.follow(change));
  }

  /** Very many documents are about to come; nothing may be searched before {@link endFilling} has resolved. */
  beginFilling(): void {
    this.index.beginFilling();
  }

  /** They have come, and none comes or goes before this resolves. */
  async endFilling(turn: Turn): Promise<void> {
    if (!this.index.isFilling) return;
    for (let slot = 0; slot < this.catalog.slotEnd; slot++) {
      if (slot % READ_PER_TURN === 0) await turn();
      this.index.fill(slot, this.catalog);
    }
    await this.index.endFilling(turn);
  }

  /** What moves here from an index that was filled in another thread; nothing may have been searched or changed before. */
  get movables(): readonly Movable[] {
    return this.index.movables;
  }

  /** Different words that the index knows. */
  get vocabularySize(): number {
    return this.index.vocabularySize;
  }

  /** True for a query that lists everything, whose order must be ready ({@link Catalog.prepareOrder}). */
  listsEverything(query: string): boolean {
    const text = query.trim();
    return !this.byIdentity(text) && wordsOf(text).length === 0;
  }

  /**
   * One page of an answer. A cursor goes on behind the last document of the page before, whatever came or went meanwhile.
   * @param order without one the best fit comes first, or the newest if nothing is searched for
   * @throws PageSwarmError INVALID_REQUEST for a bad cursor, INVALID_MAGNET for a bad magnet link
   */
  search(query: string, limit: number, cursor?: string, order?: AnswerOrder): SearchPage {
    const text = query.trim();
    const identified = this.byIdentity(text);
    if (identified) return { records: identified, nextCursor: null };
    if (wordsOf(text).length === 0) return this.everything(limit, cursor, order ?? NEWEST_FIRST);
    return order ? this.sortedByName(text, limit, cursor, order) : this.byName(text, limit, cursor);
  }

  /** By hash or magnet link; undefined for a query that is neither, or a hash that may be part of a name. */
  private byIdentity(text: string): DocumentRecord[] | undefined {
    const lower = text.toLowerCase();
    if (lower.startsWith('magnet:')) {
      const { infoHashV1, infoHashV2 } = parseMagnet(text);
      const record = (infoHashV2 && this.catalog.find(infoHashV2)) ?? (infoHashV1 && this.catalog.find(infoHashV1));
      return record ? [record] : [];
    }
    const record = HASH.test(lower) ? this.catalog.find(lower) : undefined;
    return record && [record];
  }

  private everything(limit: number, cursor: string | undefined, { sort, isDescending }: AnswerOrder): SearchPage {
    const after = cursor === undefined ? undefined : placeOfCursor(cursor, sort);
    const records: DocumentRecord[] = [];
    for (const record of this.catalog.inOrder(sort, isDescending, after)) {
      if (records.length === limit) return { records, nextCursor: this.cursorBehind(records.at(-1), sort) };
      records.push(record);
    }
    return { records, nextCursor: null };
  }

  /** What a query finds, in another order than that of the best fit. */
  private sortedByName(text: string, limit: number, cursor: string | undefined, { sort, isDescending }: AnswerOrder): SearchPage {
    const sign = isDescending ? -1 : 1;
    const toPlace = cursor === undefined ? undefined : this.catalog.comparedWith(sort, placeOfCursor(cursor, sort));
    const first = new FirstInOrder<number>(limit + 1, (a, b) => sign * this.catalog.compareIn(sort, a, b));
    for (const { slots } of this.index.match(text)) for (const slot of slots) if (!toPlace || sign * toPlace(slot) > 0) first.offer(slot);
    const records = first.sorted().map((slot) => this.catalog.at(slot) as DocumentRecord);
    if (records.length <= limit) return { records, nextCursor: null };
    return { records: records.slice(0, limit), nextCursor: this.cursorBehind(records[limit - 1], sort) };
  }

  private byName(text: string, limit: number, cursor: string | undefined): SearchPage {
    const { catalog } = this;
    const isAfter = cursor === undefined ? undefined : this.behindRank(cursor);
    const first = new FirstInOrder<Found>(limit + 1, (a, b) => compareFits(a, b) || catalog.compareIn('name', a.slot, b.slot));
    for (const { slots, tiers, tier: best } of this.index.match(text)) {
      for (let n = 0; n < slots.length; n++) {
        const slot = slots[n] as number;
        const tier = tiers[n] as number;
        const hosts = catalog.listedHostsAt(slot);
        const { worst } = first;
        // Most of thousands of answers end here, and nothing was made for them.
        if (worst !== undefined && (compareFits({ tier, hosts }, worst) || catalog.compareIn('name', slot, worst.slot)) > 0) continue;
        const found = { slot, tier, hosts };
        if (!isAfter || isAfter(found)) first.offer(found);
      }
      // Whatever comes with the next batches fits worse; only documents without hosts would give way to it.
      const { worst } = first;
      if (worst !== undefined && worst.hosts > 0 && worst.tier <= best) break;
    }
    const found = first.sorted();
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const records = page.map(({ slot }) => catalog.at(slot) as DocumentRecord);
    return { records, nextCursor: last && found.length > limit ? this.cursorOfRank(last) : null };
  }

  private behindRank(cursor: string): (found: Found) => boolean {
    const [tier, hosts, value, id] = decodeCursor(cursor, ['number', 'number', 'string', 'string']);
    const toPlace = this.catalog.comparedWith('name', { value, id });
    return (found) => (compareFits(found, { tier, hosts }) || toPlace(found.slot)) > 0;
  }

  private cursorOfRank({ tier, hosts, slot }: Found): string {
    const { value, id } = this.catalog.placeIn('name', slot);
    return encodeCursor([tier, hosts, value, id]);
  }

  private cursorBehind(record: DocumentRecord | undefined, sort: DocumentSort): string | null {
    if (record === undefined) return null;
    const { value, id } = this.catalog.placeIn(sort, record.slot);
    return encodeCursor([sort, value, id]);
  }

  private follow({ kind, record }: CatalogChange): void {
    if (kind === 'removed') this.index.delete(record.slot);
    else if (kind !== 'hosted' && kind !== 'listed') this.index.set(record.slot);
  }
}

/** @throws PageSwarmError INVALID_REQUEST also for the cursor of a list in another order */
function placeOfCursor(cursor: string, wanted: DocumentSort): OrderPlace {
  const [sort, value, id] =
    wanted === 'name' ? decodeCursor(cursor, ['string', 'string', 'string']) : decodeCursor(cursor, ['string', 'number', 'string']);
  if (sort !== wanted) throw new PageSwarmError('INVALID_REQUEST', `cursor: is one of a list sorted by ${sort}; begin again without it`);
  return { value, id };
}
