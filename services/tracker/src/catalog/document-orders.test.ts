import { describe, expect, it, jest } from '@jest/globals';
import { DOCUMENT_SORTS, type DocumentSort } from '@pageswarm/contracts';
import fc from 'fast-check';
import { SORTED_PER_TURN } from '../columns/sort-in-turns.ts';
import { sampleFacts, samplePeer, UNKNOWN_INSPECTION } from './catalog.sample.ts';
import { Catalog } from './catalog.ts';
import type { DocumentRecord } from './document-record.ts';
import { compareTexts, nameKey } from './name-order.ts';

const all = { have: 40, complete: true };

function orderedBy(sort: DocumentSort, record: DocumentRecord): string | number {
  const { name, size, inspection, addedAt, listedHosts } = record;
  return { name: nameKey(name), size, pages: inspection.pages ?? -1, added: addedAt, hosts: listedHosts }[sort];
}

/** Sorting everything anew, as the naive twin. */
function sortedNaively(catalog: Catalog, sort: DocumentSort): string[] {
  const keys = [...catalog.all()].map((record) => ({ id: record.id, value: orderedBy(sort, record) }));
  const byValue = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
  return keys.toSorted((a, b) => byValue(a.value, b.value) || compareTexts(a.id, b.id)).map(({ id }) => id);
}

const idsOf = (records: Iterable<DocumentRecord>) => [...records].map(({ id }) => id);

describe('an order of documents', () => {
  it('is that of sorting everything, both ways, whatever happened since it was first asked for', async () => {
    const names = ['b', 'B', 'é', 'e', '学', 'a'];
    const step = fc.record({
      what: fc.constantFrom('announce', 'remove', 'list', 'describe', 'prepare'),
      n: fc.nat(9),
      name: fc.constantFrom(...names),
      size: fc.integer({ min: 39 * 16_384 + 1, max: 39 * 16_384 + 4 }),
      sort: fc.constantFrom(...DOCUMENT_SORTS),
      flag: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const catalog = new Catalog();
        const asked: Promise<void>[] = [];
        for (const { what, n, name, size, sort, flag } of steps) {
          const known = catalog.get(sampleFacts(n).id);
          const facts = sampleFacts(n, { addedAt: n % 3, name, size: known?.size ?? size });
          if (what === 'announce') catalog.announce(samplePeer(Number(flag)), facts, all);
          if (what === 'remove') catalog.remove(facts.id);
          if (what === 'list') catalog.setListed(samplePeer(n % 2), flag);
          if (what === 'describe') catalog.announce(samplePeer(0), { ...facts, inspection: { ...UNKNOWN_INSPECTION, pages: n % 4 } }, all);
          if (what === 'prepare') asked.push(catalog.prepareOrder(sort));
          // Every other step lets those that are being made go on.
          if (flag) await new Promise(setImmediate);
        }
        await Promise.all(asked);
        for (const sort of DOCUMENT_SORTS.filter((one) => catalog.isOrderReady(one))) {
          const expected = sortedNaively(catalog, sort);
          expect(idsOf(catalog.inOrder(sort, false))).toEqual(expected);
          expect(idsOf(catalog.inOrder(sort, true))).toEqual(expected.toReversed());
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is made in steps, and right when documents came and went meanwhile', async () => {
    const catalog = new Catalog();
    const count = SORTED_PER_TURN + 1;
    for (let n = 0; n < count; n++) catalog.announce(samplePeer(0), sampleFacts(n), all);
    const asked = catalog.prepareOrder('name');
    const again = catalog.prepareOrder('name');
    await new Promise(setImmediate);
    expect(catalog.isOrderReady('name')).toBe(false);
    for (const n of [0, 1, count - 1]) catalog.remove(sampleFacts(n).id);
    catalog.announce(samplePeer(0), sampleFacts(count, { name: 'Aa' }), all);
    await Promise.all([asked, again]);
    expect(idsOf(catalog.inOrder('name', false))).toEqual(sortedNaively(catalog, 'name'));
  });

  it('is right when documents come, go and change in every one of its steps', async () => {
    let now = 0;
    // Each look at the clock finds that the turn is over.
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => (now += 1_000));
    try {
      const catalog = new Catalog();
      const count = 4_000;
      for (let n = 0; n < count; n++) catalog.announce(samplePeer(0), sampleFacts(n), all);
      const asked = DOCUMENT_SORTS.map((sort) => catalog.prepareOrder(sort));
      let steps = 0;
      let changes = 0;
      const change = () => {
        const n = (++changes * 7_919) % count;
        const facts = sampleFacts(n);
        if (changes % 3 === 0) catalog.remove(facts.id);
        else if (changes % 3 === 1) catalog.announce(samplePeer(0), sampleFacts(count + changes), all);
        else if (catalog.get(facts.id))
          catalog.announce(samplePeer(1), { ...facts, inspection: { ...UNKNOWN_INSPECTION, pages: changes } }, all);
      };
      for (; !DOCUMENT_SORTS.every((sort) => catalog.isOrderReady(sort)); steps++) {
        for (let n = 0; n < 9; n++) change();
        if (steps % 50 === 49) catalog.setListed(samplePeer(1), steps % 100 === 49);
        await new Promise(setImmediate);
      }
      await Promise.all(asked);
      expect(steps).toBeGreaterThan(50);
      for (const sort of DOCUMENT_SORTS) expect(idsOf(catalog.inOrder(sort, false))).toEqual(sortedNaively(catalog, sort));
    } finally {
      clock.mockRestore();
    }
  });

  it('goes on behind a place whose document is gone', async () => {
    const catalog = new Catalog();
    for (const n of [1, 2, 3, 4]) catalog.announce(samplePeer(0), sampleFacts(n, { name: `${'abcd'[n - 1]}é` }), all);
    await catalog.prepareOrder('name');
    const place = catalog.placeIn('name', catalog.get(sampleFacts(2).id)?.slot as number);
    catalog.remove(sampleFacts(2).id);
    const namesFrom = (isDescending: boolean) => [...catalog.inOrder('name', isDescending, place)].map(({ name }) => name);
    expect([namesFrom(false), namesFrom(true)]).toEqual([['cé', 'dé'], ['aé']]);
  });
});
