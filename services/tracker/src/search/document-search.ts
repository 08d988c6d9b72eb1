import { parseMagnet } from '@pageswarm/torrent';
import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogChange, DocumentRecord } from '../catalog/document-record.ts';
import { foldText, wordsOf } from './fold.ts';
import { NameIndex } from './name-index.ts';
import { compareRanks, decodeCursor, encodeCursor, firstInOrder, MAX_RANKED_NAME_LENGTH, type Rank } from './ranking.ts';

const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;

export interface SearchPage {
  readonly records: DocumentRecord[];
  readonly nextCursor: string | null;
}

/** Searches the catalog as people do: by nothing, by parts of names, by any hash, by a magnet link. */
export class DocumentSearch {
  private readonly index = new NameIndex((slot) => textsOf(this.catalog.at(slot)));

  constructor(private readonly catalog: Catalog) {
    for (const record of catalog.all()) this.follow({ kind: 'added', record });
    catalog.onChange((change) => this.follow(change));
  }

  /** Different words that the index knows. */
  get vocabularySize(): number {
    return this.index.vocabularySize;
  }

  /**
   * One page of an answer. A cursor goes on behind the last document of the page before, whatever came or went meanwhile.
   * @throws PageSwarmError INVALID_REQUEST for a bad cursor, INVALID_MAGNET for a bad magnet link
   */
  search(query: string, limit: number, cursor?: string): SearchPage {
    const text = query.trim();
    const identified = this.byIdentity(text);
    if (identified) return { records: identified, nextCursor: null };
    return wordsOf(text).length === 0 ? this.everything(limit, cursor) : this.byName(text, limit, cursor);
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

  private everything(limit: number, cursor: string | undefined): SearchPage {
    const [addedAt, id] = cursor ? decodeCursor(cursor, ['number', 'string']) : [];
    const records: DocumentRecord[] = [];
    const after = addedAt === undefined || id === undefined ? undefined : { value: addedAt, id };
    for (const record of this.catalog.inOrder('added', true, after)) {
      if (records.length === limit)
        return { records, nextCursor: encodeCursor([records.at(-1)?.addedAt as number, records.at(-1)?.id as string]) };
      records.push(record);
    }
    return { records, nextCursor: null };
  }

  private byName(text: string, limit: number, cursor: string | undefined): SearchPage {
    const after = cursor === undefined ? undefined : rankOfCursor(cursor);
    const found = firstInOrder(this.matches(text, after), limit + 1, compareRanks);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const nextCursor = last && found.length > limit ? encodeCursor([last.tier, last.hosts, last.name, last.id]) : null;
    return { records: page.map(({ record }) => record), nextCursor };
  }

  private *matches(text: string, after: Rank | undefined): Generator<Found> {
    for (const { slot, tier } of this.index.match(text)) {
      const record = this.catalog.at(slot);
      if (!record) continue;
      const found = new Found(tier, record);
      if (!after || compareRanks(found, after) > 0) yield found;
    }
  }

  private follow({ kind, record }: CatalogChange): void {
    if (kind === 'removed') this.index.delete(record.slot);
    else if (kind !== 'hosted') this.index.set(record.slot);
  }
}

/** A document in an answer; its name is folded only if tier and hosts do not decide. */
class Found implements Rank {
  private folded: string | undefined;

  constructor(
    readonly tier: number,
    readonly record: DocumentRecord,
  ) {}

  get hosts(): number {
    return this.record.listedHosts;
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    this.folded ??= rankedName(this.record.name);
    return this.folded;
  }
}

function textsOf(record: DocumentRecord | undefined): string[] {
  if (!record) return [];
  const { name, aliases, inspection } = record;
  return inspection.title === null ? [name, ...aliases] : [name, ...aliases, inspection.title];
}

function rankOfCursor(cursor: string): Rank {
  const [tier, hosts, name, id] = decodeCursor(cursor, ['number', 'number', 'string', 'string']);
  return { tier, hosts, name, id };
}

/** The part of a name that orders it, without half a character at its end: a cursor carries it as UTF-8. */
function rankedName(name: string): string {
  return foldText(name.slice(0, 2 * MAX_RANKED_NAME_LENGTH))
    .slice(0, MAX_RANKED_NAME_LENGTH)
    .replace(/[\uD800-\uDBFF]$/, '');
}
