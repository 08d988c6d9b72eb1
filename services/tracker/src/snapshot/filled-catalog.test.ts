import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { DOCUMENT_SORTS } from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { type Clock, ManualClock } from '@pageswarm/primitives';
import fc from 'fast-check';
import { plainRecord, sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { Pace } from '../columns/pace.ts';
import { DocumentSearch } from '../search/document-search.ts';
import { HostTable } from '../swarm/host-table.ts';
import { CopyThreads, type StartThread, type Thread } from './copy-threads.ts';
import { encodeDocument } from './document-codec.ts';
import { storedDocuments } from './document-entries.sample.ts';
import { DocumentPacker } from './document-packer.ts';
import { readDocuments } from './documents-thread.ts';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import { readNames } from './names-thread.ts';
import { type DocumentsSource, PackedEntries } from './packed-entries.ts';
import { encodePeer } from './peer-codec.ts';
import type { DocumentsOrder } from './restoring-order.ts';
import type { LoadedEntry, SnapshotKind } from './snapshot-store.ts';
import { Snapshotter } from './snapshotter.ts';

const TAG = '0123456789abcdef';
const PEERS = 8;
const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const all = { have: 40, complete: true };

/** Threads that are worth it for a few documents, too. */
class ThreadsForAll extends CopyThreads {
  override suits(): boolean {
    return true;
  }
}

/** Gives entries as they stand in a list, some of them twice. */
class ListedStore extends MemorySnapshotStore {
  constructor(private readonly listed: readonly LoadedEntry[]) {
    super();
  }

  override async *load(kind: SnapshotKind): AsyncGenerator<LoadedEntry[]> {
    const peer = { name: undefined, zone: undefined, address: { host: '::1', port: 7 }, httpAddress: undefined } as const;
    // The last peer holds something and is not in the copy.
    const peers = Array.from({ length: PEERS - 1 }, (_, n): LoadedEntry => {
      const peerId = samplePeer(n);
      return [Buffer.from(peerId, 'hex'), encodePeer({ ...peer, peerId, state: 'live', isOwn: true, joinedAt: 1, lastSeen: 2 })];
    });
    if (kind !== 'notes') yield [...(kind === 'peers' ? peers : this.listed)];
  }

  override async count(kind: SnapshotKind): Promise<number> {
    return kind === 'documents' ? this.listed.length : 0;
  }
}

/** How a copy comes into an empty catalog: an entry after the other, all at once, or through two threads. */
type Way = 'one by one' | 'at once' | 'through threads';

/** Runs what threads run, with all that goes between them. */
function startHere(entries: readonly LoadedEntry[], clock: Clock): StartThread {
  const source: DocumentsSource = {
    async *load() {
      for (let at = 0; at < entries.length; at += 5) {
        const packed = new PackedEntries();
        packed.bytes = Buffer.concat(entries.slice(at, at + 5).flat());
        let start = 0;
        for (const [id, { length }] of entries.slice(at, at + 5)) {
          const end = start + id.length;
          packed.add(start, end, end, end + length);
          start = end + length;
        }
        yield packed;
      }
    },
    mayPass: () => false,
    close: async () => {},
  };
  return (program, order) => {
    const { port1, port2 } = new MessageChannel();
    if (program === 'documents') void readDocuments(port2, order as DocumentsOrder, source, clock);
    else readNames(port2, order);
    return Object.assign(port1, { terminate: async () => void port1.close() }) as unknown as Thread;
  };
}

/** What a tracker knows that read these entries. */
async function restored(entries: readonly LoadedEntry[], way: Way, documents: number) {
  const clock = new ManualClock(1_000_000);
  const catalog = new Catalog({ documents });
  const search = new DocumentSearch(catalog);
  const hosts = new HostTable(clock, 30_000);
  // As the swarm does.
  hosts.onChange((_, { peerId, state }) => catalog.setListed(peerId, state === 'live'));
  const filling = {
    begin: () => search.beginFilling(),
    end: async () => {
      await catalog.prepareOrder('added');
      await search.endFilling(new Pace().turn);
    },
    threads:
      way === 'through threads' ? new ThreadsForAll(async () => ({ redisUrl: '' }), catalog, search, startHere(entries, clock)) : undefined,
  };
  const options = { intervalMs: 3_600_000, writerTag: TAG, ...(way === 'one by one' ? {} : { filling }) };
  const snapshotter = new Snapshotter(new ListedStore(entries), catalog, hosts, clock, logger, options);
  await snapshotter.start();
  return { catalog, search, snapshotter };
}

const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);

/** Everything that others can ask of a catalog and its search. */
async function answers(
  { catalog, search, snapshotter }: Awaited<ReturnType<typeof restored>>,
  hashes: readonly string[],
  queries: readonly string[],
) {
  const idsOf = (records: Iterable<DocumentRecord>) => [...records].map(({ id }) => id);
  const orders = [];
  for (const sort of DOCUMENT_SORTS) {
    await catalog.prepareOrder(sort);
    orders.push(idsOf(catalog.inOrder(sort, false)));
  }
  const { size, totalBytes } = catalog;
  const { unreadable, pending } = snapshotter.status();
  return {
    ...{ size, totalBytes, unreadable, pending, orders },
    // Slots that documents left free may go to others, so that all come in another order; what came again is its holders' last.
    documents: [...catalog.all()].map((record) => ({ ...plainRecord(record), slot: undefined })).sort(byId),
    found: hashes.map((hash) => catalog.find(hash)?.id),
    held: Array.from({ length: PEERS }, (_, n) => [catalog.countOf(samplePeer(n)), idsOf(catalog.documentsOf(samplePeer(n))).sort()]),
    holders: catalog.holderIds().sort(),
    words: search.vocabularySize,
    searched: queries.map((query) => {
      const { records, nextCursor } = search.search(query, 5);
      return [query, idsOf(records), nextCursor];
    }),
  };
}

const letter = fc.constantFrom(...'aAbBéÉßΣςİ_ -.1物𝔸¨\u0301Ⱥﬁ');
const name = fc.oneof(
  fc.string({ unit: letter, minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
);
/** Entries whose documents share hashes, and some of which are damaged. */
const entry = fc
  .record({
    ...{ document: storedDocuments, root: fc.nat(14), v1: fc.nat(14), v2: fc.nat(14), md5: fc.nat(3), name },
    ...{ aliases: fc.array(name, { maxLength: 3 }), isCopied: fc.boolean(), isRepeated: fc.boolean() },
    isLying: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    holders: fc.array(fc.tuple(fc.nat(PEERS - 1), fc.nat()), { maxLength: 4 }),
    damage: fc.option(fc.record({ at: fc.nat(), change: fc.nat(255), isCut: fc.boolean() }), { freq: 4 }),
  })
  .map(({ document, root, v1, v2, md5, holders, damage, name, isLying, isRepeated, ...rest }): LoadedEntry => {
    const { isCopied } = rest;
    const aliases = isRepeated ? [...rest.aliases, name, ...rest.aliases] : rest.aliases;
    // Most info-hashes go with the root; those that do not are sometimes another's.
    const facts = {
      ...{ ...document, ...sampleFacts(root), name, aliases, inspection: document.inspection, addedAt: document.addedAt },
      infoHashV1: sampleFacts(isCopied ? v1 : root).infoHashV1,
      infoHashV2: sampleFacts(isCopied ? v2 : root).infoHashV2,
      md5: sampleFacts(md5).md5,
    };
    const list = holders.map(([peer, have]) => [samplePeer(peer), { have: have % 41, complete: have % 41 === 40 || isLying }] as const);
    // Names and holders may come twice, as no tracker writes them.
    const record = { ...facts, holdings: { size: list.length, [Symbol.iterator]: () => list[Symbol.iterator]() } };
    const bytes = encodeDocument(record as unknown as DocumentRecord, TAG);
    if (damage?.isCut) return [Buffer.from(facts.id, 'hex'), bytes.subarray(0, damage.at % bytes.length)];
    if (damage) bytes[damage.at % bytes.length] = damage.change;
    return [Buffer.from(facts.id, 'hex'), bytes];
  });

const copies = fc.array(entry, { maxLength: 24, size: 'max' });
/** Of documents: more come than a catalog takes, or all have room. */
const limits = fc.constantFrom(12, 24);
const ways = fc.constantFrom<Way>('at once', 'through threads');

describe('a catalog that is filled with a whole copy', () => {
  it('answers as one that took in the entries one by one, then and after more changes', async () => {
    await fc.assert(
      fc.asyncProperty(copies, fc.array(name, { maxLength: 4 }), limits, ways, async (entries, words, limit, way) => {
        const filled = await restored(entries, way, limit);
        const twin = await restored(entries, 'one by one', limit);
        const numbers = Array.from({ length: 15 }, (_, n) => sampleFacts(n));
        const hashes = numbers.flatMap(({ id, infoHashV1, infoHashV2, md5 }) => [id, infoHashV1, infoHashV2, infoHashV2.slice(0, 40), md5]);
        const names = [...twin.catalog.all()].flatMap((record) => [record.name, record.inspection.title ?? '', ...record.aliases]);
        const queries = ['', 'a', 'b', 'es', 'pdf', '1', 'ab', ...words, ...names, ...names.map((text) => text.slice(1, 4))].filter(
          (query) => !query.toLowerCase().includes('magnet:'),
        );
        expect(await answers(filled, hashes, queries)).toEqual(await answers(twin, hashes, queries));
        for (const { catalog } of [filled, twin]) {
          const [first, second] = [...catalog.all()];
          if (first) catalog.remove(first.id);
          if (second) {
            const facts = { ...plainRecord(second), name: 'told later', aliases: ['a b'] };
            catalog.announce(samplePeer(1), facts, { have: 0, complete: false });
          }
          catalog.announce(samplePeer(2), sampleFacts(77, { name: 'Éa 1 new' }), all);
          catalog.setListed(samplePeer(1), true);
        }
        expect(await answers(filled, hashes, [...queries, 'told'])).toEqual(await answers(twin, hashes, [...queries, 'told']));
        // Documents that nobody holds wait for their end in the same way.
        expect(filled.catalog.sweepHostless(Number.MAX_SAFE_INTEGER)).toBe(twin.catalog.sweepHostless(Number.MAX_SAFE_INTEGER));
        expect(await answers(filled, hashes, queries)).toEqual(await answers(twin, hashes, queries));
        await Promise.all([filled.snapshotter.stop(), twin.snapshotter.stop()]);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  it('knows every holder of documents that very many peers hold', async () => {
    const [catalog, packer] = [new Catalog(), new DocumentPacker()];
    catalog.beginFilling();
    const numbers = Array.from({ length: 9 }, (_, n) => n);
    const holdersOf = (n: number) =>
      new Map(Array.from({ length: 700 }, (_, peer) => [samplePeer(n * 500 + peer), { have: peer % 41, complete: false }]));
    for (const n of numbers) {
      const record = { ...sampleFacts(n), completed: 0, holdings: holdersOf(n) } as unknown as DocumentRecord;
      expect(packer.pack(Buffer.from(record.id, 'hex'), 0, encodeDocument(record, TAG))).toBe(true);
      expect(catalog.fill(packer.document, 0)).toBe(true);
    }
    await catalog.settle(new Pace().turn, () => {});
    for (const n of numbers) {
      const holders = [...holdersOf(n)].map(([peerId, told]) => [peerId, { ...told, session: 0 }]);
      expect([...(catalog.get(sampleFacts(n).id)?.holdings ?? [])]).toEqual(holders);
      expect(() => catalog.progress(samplePeer(n * 500 + 699), sampleFacts(n).id, all)).not.toThrow();
    }
    expect(catalog.holderIds()).toHaveLength(4_700);
  });

  it('takes ordinary entries as bytes, and leaves those with errors or names that were told twice', () => {
    const packer = new DocumentPacker();
    fc.assert(
      fc.property(storedDocuments, (record) => {
        const names = [record.name, ...record.aliases];
        const isOrdinary = record.inspection.error === null && new Set(names).size === names.length;
        expect(packer.pack(Buffer.from(record.id, 'hex'), 0, encodeDocument(record, TAG))).toBe(isOrdinary);
      }),
    );
  });
});
