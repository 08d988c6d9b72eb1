import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DOCUMENT_SORTS } from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { ManualClock } from '@pageswarm/primitives';
import { DocumentSearch } from '../search/document-search.ts';
import { FileSnapshotStore } from '../snapshot/file-snapshot-store.ts';
import { MemorySnapshotStore } from '../snapshot/memory-snapshot-store.ts';
import type { SnapshotStore } from '../snapshot/snapshot-store.ts';
import { Snapshotter } from '../snapshot/snapshotter.ts';
import { HostTable } from '../swarm/host-table.ts';
import { sampleFacts, samplePeer, UNKNOWN_INSPECTION } from './catalog.sample.ts';
import { Catalog } from './catalog.ts';
import type { DocumentRecord } from './document-record.ts';

const all = { have: 40, complete: true };
const some = { have: 7, complete: false };
const [ann, bob, eve] = [samplePeer(1), samplePeer(2), samplePeer(3)];
const described = { ...UNKNOWN_INSPECTION, pages: 3, words: [10, 0, 70_000], extractor: 'e', title: 'Óptica', author: 'Ibn', mapped: true };
const broken = { ...UNKNOWN_INSPECTION, mapReason: 'no xref', error: { code: 'PDF_UNREADABLE' as const, detail: 'it is not a PDF' } };

/** The documents that every catalog of the contract begins with; number 3 came and went. */
const BOOKS = {
  1: sampleFacts(1, { name: 'Física_quântica.pdf', aliases: ['scan 1'], inspection: described }),
  2: sampleFacts(2, { name: '物理学', inspection: broken, size: 39 * 16_384 + 1 }),
  3: sampleFacts(3, { name: 'gone soon' }),
  4: sampleFacts(4, { name: 'same md5', md5: sampleFacts(1).md5 }),
} as const;

/** What every catalog of the contract is told: documents of several kinds, by two peers that are listed. */
function fillCatalog(catalog: Catalog): void {
  for (const peer of [ann, bob]) catalog.setListed(peer, true);
  catalog.announce(ann, BOOKS[1], all);
  catalog.announce(bob, { ...BOOKS[1], name: 'copy.pdf' }, some);
  catalog.progress(bob, BOOKS[1].id, all);
  catalog.announce(bob, BOOKS[2], some);
  catalog.announce(ann, BOOKS[3], all);
  catalog.announce(ann, BOOKS[4], all);
  catalog.withdraw(ann, BOOKS[3].id);
}

/**
 * What a catalog promises, whether peers told it everything or it was read back from a copy.
 * @param create gives a catalog that was told what {@link fillCatalog} tells; its peers are listed
 */
function describeCatalog(name: string, create: () => Promise<Catalog>): void {
  describe(`a catalog ${name}`, () => {
    let catalog: Catalog;
    const get = (n: keyof typeof BOOKS) => catalog.get(BOOKS[n].id) as DocumentRecord;
    const idsOf = (records: Iterable<DocumentRecord>) => [...records].map(({ id }) => id);
    beforeEach(async () => {
      catalog = await create();
    });

    it('knows everything that was told about each document', () => {
      expect(catalog.size).toBe(3);
      expect(catalog.totalBytes).toBe(BOOKS[1].size + BOOKS[2].size + BOOKS[4].size);
      for (const n of [1, 2, 4] as const) {
        const { aliases: _, ...facts } = BOOKS[n];
        expect(get(n)).toMatchObject(facts);
      }
      expect([get(1).aliases, get(1).completed, get(2).aliases, get(2).completed]).toEqual([['scan 1', 'copy.pdf'], 1, [], 0]);
    });

    it('knows who holds what, and what each peer holds', () => {
      const held = (n: keyof typeof BOOKS) =>
        Object.fromEntries([...get(n).holdings].map(([id, { have, complete }]) => [id, [have, complete]]));
      expect([held(1), held(2), held(4)]).toEqual([{ [ann]: [40, true], [bob]: [40, true] }, { [bob]: [7, false] }, { [ann]: [40, true] }]);
      expect([get(1).listedHosts, get(1).listedSeeders, get(2).listedHosts, get(2).listedSeeders]).toEqual([2, 2, 1, 0]);
      expect(new Set(idsOf(catalog.documentsOf(ann)))).toEqual(new Set([BOOKS[1].id, BOOKS[4].id]));
      expect([catalog.countOf(ann), catalog.countOf(bob), catalog.countOf(eve)]).toEqual([2, 2, 0]);
    });

    it('finds each document by every hash, and none that is gone', () => {
      for (const n of [1, 2, 4] as const) {
        const { id, infoHashV1, infoHashV2 } = BOOKS[n];
        for (const hash of [id, infoHashV1, infoHashV2, infoHashV2.slice(0, 40)]) expect(catalog.find(hash)?.id).toBe(id);
      }
      expect(catalog.find(BOOKS[2].md5)?.id).toBe(BOOKS[2].id);
      expect([BOOKS[1].id, BOOKS[4].id]).toContain(catalog.find(BOOKS[1].md5)?.id);
      const { id, infoHashV1, infoHashV2, md5 } = BOOKS[3];
      for (const hash of [id, infoHashV1, infoHashV2, md5]) expect(catalog.find(hash)).toBeUndefined();
    });

    it('is searched by all names and titles', () => {
      const search = new DocumentSearch(catalog);
      const found = (query: string) => idsOf(search.search(query, 9).records);
      for (const query of ['quantica fisica', 'scan', 'copy', 'optica', 'fisca']) expect(found(query)).toEqual([BOOKS[1].id]);
      expect([found('理'), found('gone'), found('md5')]).toEqual([[BOOKS[2].id], [], [BOOKS[4].id]]);
    });

    it('is listed in every order', async () => {
      const orders: Record<string, readonly string[]> = {};
      for (const sort of DOCUMENT_SORTS) {
        await catalog.prepareOrder(sort);
        orders[sort] = idsOf(catalog.inOrder(sort, false));
        expect(idsOf(catalog.inOrder(sort, true))).toEqual(orders[sort].toReversed());
      }
      const [one, two, four] = [BOOKS[1].id, BOOKS[2].id, BOOKS[4].id];
      expect(orders.name).toEqual([one, four, two]);
      expect(orders.added).toEqual([one, two, four]);
      expect([orders.size?.[0], orders.pages?.[2], orders.hosts?.[2]]).toEqual([two, one, one]);
    });

    it('goes on from there: peers tell more, finish, withdraw, fall silent and come back', () => {
      const log: string[] = [];
      catalog.onChange(({ kind, record }) => void log.push(`${kind} ${record.name}`));
      catalog.announce(eve, { ...BOOKS[2], name: 'physics' }, some);
      catalog.progress(bob, BOOKS[2].id, all);
      catalog.withdraw(eve, BOOKS[2].id);
      catalog.dropPeer(bob, 5_000);
      expect(get(2)).toMatchObject({ aliases: ['physics'], completed: 1, listedHosts: 0, hostlessSince: 5_000 });
      expect(get(1)).toMatchObject({ listedHosts: 1, hostlessSince: undefined });
      catalog.setListed(bob, true);
      catalog.announce(bob, BOOKS[2], all);
      catalog.announce(ann, BOOKS[3], all);
      expect(get(2)).toMatchObject({ listedHosts: 1, hostlessSince: undefined });
      expect(catalog.remove(BOOKS[1].id)).toBe(true);
      expect([catalog.size, catalog.find(BOOKS[1].md5)?.id]).toEqual([3, BOOKS[4].id]);
      expect(log).toEqual([
        'described 物理学',
        'hosted 物理学',
        'hosted 物理学',
        'hosted 物理学',
        ...['hosted Física_quântica.pdf', 'hosted 物理学'].sort(),
        'hosted 物理学',
        'added gone soon',
        'removed Física_quântica.pdf',
      ]);
    });

    it('refuses what contradicts it', () => {
      expect(() => catalog.announce(eve, { ...BOOKS[1], size: 5 }, { have: 0, complete: false })).toThrow(/size: document/);
      expect(() => catalog.announce(eve, sampleFacts(9, { infoHashV1: BOOKS[2].infoHashV1 }), all)).toThrow(/belongs to document/);
      expect(() => catalog.progress(eve, BOOKS[1].id, some)).toThrow(expect.objectContaining({ code: 'DOCUMENT_NOT_FOUND' }));
      expect(catalog.size).toBe(3);
    });
  });
}

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const peers = [ann, bob];
const folder = mkdtempSync(join(tmpdir(), 'pageswarm-catalog-'));
let files = 0;
afterAll(() => rmSync(folder, { recursive: true }));

function kept(store: SnapshotStore, number: number, isFilled: boolean) {
  const clock = new ManualClock(1_000_000);
  const catalog = new Catalog();
  const hosts = new HostTable(clock, 30_000);
  const filling = {
    begin: () => {},
    end: () => catalog.prepareOrder('added'),
  };
  const options = { intervalMs: 3_600_000, writerTag: `${number}0`.repeat(8), ...(isFilled ? { filling } : {}) };
  return { catalog, hosts, snapshotter: new Snapshotter(store, catalog, hosts, clock, logger, options) };
}

/** A catalog that another one left behind in a store; its peers showed up again. */
async function restored(openStore: () => SnapshotStore, isFilled = false): Promise<Catalog> {
  const old = kept(openStore(), 1, isFilled);
  await old.snapshotter.start();
  for (const peerId of peers)
    old.hosts.join({ peerId, name: undefined, zone: undefined, address: { host: '::1', port: 7 }, httpAddress: undefined });
  fillCatalog(old.catalog);
  await old.snapshotter.stop();
  const next = kept(openStore(), 2, isFilled);
  await next.snapshotter.start();
  for (const peerId of peers) next.catalog.setListed(peerId, true);
  await next.snapshotter.stop();
  return next.catalog;
}

describeCatalog('in memory', async () => {
  const catalog = new Catalog();
  fillCatalog(catalog);
  return catalog;
});

describeCatalog('restored from a snapshot', () => {
  const store = new MemorySnapshotStore();
  return restored(() => store);
});

describeCatalog('restored from a snapshot file', () => {
  const path = join(folder, `${files++}`);
  return restored(() => new FileSnapshotStore(path, logger));
});

describeCatalog('filled with a whole snapshot at once', () => {
  const store = new MemorySnapshotStore();
  return restored(() => store, true);
});
