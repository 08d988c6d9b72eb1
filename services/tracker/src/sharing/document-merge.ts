import type { PeerId } from '@pageswarm/primitives';
import { MAX_ALIASES } from '../catalog/announced-facts.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentFacts, DocumentRecord } from '../catalog/document-record.ts';
import { mergeInspections } from '../catalog/inspection.ts';
import type { StoredDocument } from '../snapshot/document-codec.ts';

/** What a merge has to know about peers. */
export interface KnownPeers {
  /** Whether the peer renews at this tracker: then what it tells here counts, and nobody else's word. */
  isOwn(peerId: PeerId): boolean;
  /** Whether this tracker knows where the peer is. */
  isKnown(peerId: PeerId): boolean;
  /** Whether the tracker of this tag holds a lease of the peer. */
  isLeasedAt(writerTag: string, peerId: PeerId): boolean;
}

/**
 * Takes in a document as another tracker wrote it. Names, pages and the like only grow; of a peer that renews here its own
 * word counts; of every other peer the word of the tracker that it renews at. Of two trackers that listed a document under
 * two names at the same moment the earlier one is right, and every tracker finds the same one earlier.
 * @returns whether this tracker knows something that the other did not write, and so has to write it
 */
export function mergeDocument(catalog: Catalog, { facts, past, writer }: StoredDocument, peers: KnownPeers, now: number): boolean {
  const known = catalog.get(facts.id);
  if (!known) {
    const holdings = past.holdings.filter(([peerId]) => peers.isKnown(peerId) && !peers.isOwn(peerId));
    catalog.restore(facts, { completed: past.completed, holdings }, now);
    return false;
  }
  if (isOtherDocument(known, facts)) return false;
  if (known.infoHashV1 !== facts.infoHashV1 && isEarlier(facts, known)) {
    rename(catalog, known, facts, past.completed, now);
    return true;
  }
  takeHoldings(catalog, known, { facts, past, writer }, peers);
  const merged = catalog.get(facts.id);
  return merged === undefined || knowsMore(merged, { facts, past, writer }, peers);
}

function takeHoldings(catalog: Catalog, known: DocumentRecord, { facts, past, writer }: StoredDocument, peers: KnownPeers): void {
  const named = new Set<PeerId>();
  let isDescribed = false;
  for (const [peerId, have, complete] of past.holdings) {
    named.add(peerId);
    if (peers.isOwn(peerId) || !peers.isKnown(peerId)) continue;
    // Announcing for the peer also takes in names and pages.
    catalog.announce(peerId, facts, { have, complete });
    isDescribed = true;
  }
  const own = [...known.holdings].filter(([peerId]) => !named.has(peerId));
  const [first] = known.holdings;
  if (!isDescribed && first) catalog.announce(first[0], facts, first[1]);
  if (known.holderCount === 1 && own.length === 1) return;
  for (const [peerId] of own) if (!peers.isOwn(peerId) && peers.isLeasedAt(writer, peerId)) catalog.withdraw(peerId, facts.id);
}

function knowsMore(record: DocumentRecord, { facts, past, writer }: StoredDocument, peers: KnownPeers): boolean {
  if (record.infoHashV1 !== facts.infoHashV1 || record.completed > past.completed) return true;
  if (mergeInspections(facts.inspection, record.inspection) !== facts.inspection) return true;
  const names = new Set([facts.name, ...facts.aliases]);
  if (facts.aliases.length < MAX_ALIASES && [record.name, ...record.aliases].some((name) => !names.has(name))) return true;
  const holders = new Map(past.holdings.map(([peerId, have, complete]) => [peerId, { have, complete }]));
  for (const [peerId, { have, complete }] of record.holdings) {
    if (!peers.isOwn(peerId)) continue;
    const there = holders.get(peerId);
    if (!there || there.have < have || (complete && !there.complete)) return true;
    // A peer that renews at both tells both, one a moment before the other: the larger word stands, or they would never end.
    if (there.have !== have && !peers.isLeasedAt(writer, peerId)) return true;
  }
  return false;
}

/** The same document under the name that others know it by; what peers of this tracker hold of it stays. */
function rename(catalog: Catalog, known: DocumentRecord, facts: DocumentFacts, completed: number, now: number): void {
  const aliases = [...facts.aliases, known.name, ...known.aliases];
  const inspection = mergeInspections(facts.inspection, known.inspection);
  const holdings = [...known.holdings].map(([peerId, { have, complete }]) => [peerId, have, complete] as const);
  const most = Math.max(completed, known.completed);
  catalog.remove(facts.id);
  catalog.restore({ ...facts, aliases, inspection }, { completed: most, holdings }, now);
}

/** One root is one sequence of bytes: whoever wrote another size or md5 for it was told a lie. */
function isOtherDocument(known: DocumentRecord, told: DocumentFacts): boolean {
  return (['size', 'md5', 'pieceLength'] as const).some((field) => known[field] !== told[field]);
}

function isEarlier(a: DocumentFacts, b: DocumentFacts): boolean {
  return a.addedAt < b.addedAt || (a.addedAt === b.addedAt && a.infoHashV1 < b.infoHashV1);
}
