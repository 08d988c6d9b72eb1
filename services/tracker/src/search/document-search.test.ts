import { describe, expect, it } from '@jest/globals';
import { DOCUMENT_SORTS } from '@pageswarm/contracts';
import { formatMagnet } from '@pageswarm/torrent';
import fc from 'fast-check';
import { sampleFacts, samplePeer, UNKNOWN_INSPECTION } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { compareTexts } from '../catalog/name-order.ts';
import { alignmentDistance } from './alignment-distance.sample.ts';
import { DocumentSearch } from './document-search.ts';
import { wordsOf } from './fold.ts';
import { Tier } from './vocabulary.ts';
import { MIN_TYPO_WORD_LENGTH } from './wanted-word.ts';

const all = { have: 40, complete: true };

/** A catalog of names; `name*3` has three hosts, `name*0` none. */
function library(...names: string[]) {
  const catalog = new Catalog();
  for (let n = 1; n <= 4; n++) catalog.setListed(samplePeer(n), true);
  names.forEach((text, n) => {
    const [name = '', hosts = '1'] = text.split('*');
    for (let host = 1; host <= Math.max(1, Number(hosts)); host++)
      catalog.announce(samplePeer(hosts === '0' ? 9 : host), sampleFacts(n, { name }), all);
  });
  const search = new DocumentSearch(catalog);
  const names_ = (query: string, limit = 50) => search.search(query, limit).records.map(({ name }) => name);
  return { catalog, search, find: names_ };
}

describe('searching', () => {
  it('lists everything, newest first, for an empty query', () => {
    const { find } = library('oldest', 'middle', 'newest');
    expect(find('')).toEqual(['newest', 'middle', 'oldest']);
    expect(find(' ._- ')).toEqual(['newest', 'middle', 'oldest']);
  });

  it('finds `fisica` in `Física`', () => {
    expect(library('Física.pdf', 'Química.pdf').find('fisica')).toEqual(['Física.pdf']);
  });

  it('orders by fit, then hosts, then name, with hostless documents last', () => {
    const { find } = library('form*0', 'beta form', 'alpha form', 'gamma form*2', 'formal*4', 'platform', 'from*4');
    expect(find('form')).toEqual(['gamma form', 'alpha form', 'beta form', 'formal', 'platform', 'from', 'form']);
  });

  it('puts a document with hosts before better ones without, however short the page', () => {
    expect(library('form*0', 'a form*0', 'b form*0', 'formal').find('form', 1)).toEqual(['formal']);
  });

  it('finds by other names and by title', () => {
    const { catalog, find } = library('scan.pdf');
    const title = 'Annual Report';
    catalog.announce(samplePeer(2), sampleFacts(0, { name: 'copy of it.pdf', inspection: { ...UNKNOWN_INSPECTION, title } }), all);
    expect([find('copy'), find('annual report')]).toEqual([['scan.pdf'], ['scan.pdf']]);
  });

  it('finds by every hash and by magnet link', () => {
    const { find } = library('a', 'b');
    const { id, md5, infoHashV1, infoHashV2 } = sampleFacts(1);
    for (const hash of [id, md5, infoHashV1, infoHashV2, infoHashV2.slice(0, 40), id.toUpperCase()]) expect(find(hash)).toEqual(['b']);
    expect(find(formatMagnet({ infoHashV1 }))).toEqual(['b']);
    expect(find(formatMagnet({ infoHashV1, infoHashV2 }))).toEqual(['b']);
    expect(find(formatMagnet({ infoHashV1: sampleFacts(7).infoHashV1 }))).toEqual([]);
  });

  it('takes an unknown hash for a part of a name', () => {
    const digits = 'd41d8cd98f00b204e9800998ecf8427e';
    expect(library(`backup-${digits}.pdf`).find(digits)).toEqual([`backup-${digits}.pdf`]);
  });

  it('refuses a broken magnet link', () => {
    expect(() => library('a').find('magnet:?xt=urn:btih:short')).toThrow(expect.objectContaining({ code: 'INVALID_MAGNET' }));
  });

  it('follows documents that come, are renamed and go', () => {
    const { catalog, find } = library('one');
    catalog.announce(samplePeer(1), sampleFacts(7, { name: 'seven' }), all);
    expect(find('seven')).toEqual(['seven']);
    catalog.remove(sampleFacts(7).id);
    expect(find('seven')).toEqual([]);
  });
});

describe('the order of answers', () => {
  it('is that of reading every name, page after page, whatever hosts there are', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 });
    const phrase = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
    const documents = fc.array(fc.tuple(phrase, fc.nat(3)), { maxLength: 60, size: 'max' });
    const tierOf = (own: string, wanted: string) => {
      if (own === wanted) return Tier.exact;
      if (own.includes(wanted)) return own.startsWith(wanted) ? Tier.prefix : Tier.substring;
      return wanted.length >= MIN_TYPO_WORD_LENGTH && alignmentDistance(own, wanted) <= 1 ? Tier.typo : Number.POSITIVE_INFINITY;
    };
    fc.assert(
      fc.property(documents, phrase, fc.integer({ min: 1, max: 7 }), (described, query, limit) => {
        const { search } = library(...described.map(([name, hosts]) => `${name}*${hosts}`));
        const expected = described
          .map(([name, hosts], n) => {
            const best = wordsOf(query).map((wanted) => Math.min(...wordsOf(name).map((own) => tierOf(own, wanted))));
            return { id: sampleFacts(n).id, name, hosts, tier: name === query ? 0 : Math.max(...best) };
          })
          .filter(({ tier }) => tier !== Number.POSITIVE_INFINITY)
          .sort(
            (a, b) =>
              Number(a.hosts === 0) - Number(b.hosts === 0) ||
              a.tier - b.tier ||
              b.hosts - a.hosts ||
              compareTexts(a.name, b.name) ||
              compareTexts(a.id, b.id),
          );
        const ids: string[] = [];
        let cursor: string | undefined;
        do {
          const page = search.search(query, limit, cursor);
          ids.push(...page.records.map(({ id }) => id));
          cursor = page.nextCursor ?? undefined;
        } while (cursor);
        expect(ids).toEqual(expected.map(({ id }) => id));
      }),
    );
  });
});

describe('paging', () => {
  it.each(['', 'page'])('walks through all answers to %j once, while others come and go', (query) => {
    const { catalog, search } = library(...Array.from({ length: 9 }, (_, n) => `page ${n}`));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { records, nextCursor } = search.search(query, 2, cursor);
      seen.push(...records.map(({ name }) => name));
      cursor = nextCursor ?? undefined;
      if (seen.length === 4) {
        catalog.remove(sampleFacts(seen.includes('page 0') ? 0 : 8).id);
        catalog.announce(samplePeer(1), sampleFacts(100, { name: query === '' ? 'later' : 'page', addedAt: 1_000_000 }), all);
      }
    } while (cursor);
    expect([...seen].sort()).toEqual(Array.from({ length: 9 }, (_, n) => `page ${n}`));
  });

  it.each(DOCUMENT_SORTS.flatMap((sort) => ['', 'page'].map((query) => [sort, query] as const)))(
    'walks through a list sorted by %s once, searching for %j, while others come and go',
    async (sort, query) => {
      const { catalog, search } = library(...Array.from({ length: 9 }, (_, n) => `page ${(n * 4) % 9}*${1 + (n % 3)}`));
      await catalog.prepareOrder(sort);
      for (const isDescending of [false, true]) {
        const seen: DocumentRecord[] = [];
        let cursor: string | undefined;
        do {
          const { records, nextCursor } = search.search(query, 2, cursor, { sort, isDescending });
          seen.push(...records);
          cursor = nextCursor ?? undefined;
          if (seen.length === 4) catalog.announce(samplePeer(1), sampleFacts(100, { name: 'page 0 a', addedAt: 1 }), all);
        } while (cursor);
        const others = seen.filter(({ id }) => id !== sampleFacts(100).id);
        expect(new Set(others.map(({ name }) => name)).size).toBe(9);
        expect(others).toHaveLength(9);
        const slots = seen.map(({ slot }) => slot);
        expect(slots).toEqual(slots.toSorted((x, y) => (isDescending ? -1 : 1) * catalog.compareIn(sort, x, y)));
        catalog.remove(sampleFacts(100).id);
      }
    },
  );

  it('refuses the cursor of a list that is sorted otherwise', async () => {
    const { catalog, search } = library('page 1', 'page 2');
    await catalog.prepareOrder('size');
    const cursor = search.search('', 1, undefined, { sort: 'size', isDescending: false }).nextCursor as string;
    expect(() => search.search('', 1, cursor)).toThrow(/sorted by size/);
  });

  it('has no next page when the answer just fits', () => {
    const { search } = library('page 1', 'page 2');
    expect([search.search('', 2).nextCursor, search.search('page', 2).nextCursor]).toEqual([null, null]);
  });

  it('refuses the cursor of another kind of list', () => {
    const { search } = library('page 1', 'page 2');
    const cursor = search.search('', 1).nextCursor as string;
    expect(() => search.search('page', 1, cursor)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});
