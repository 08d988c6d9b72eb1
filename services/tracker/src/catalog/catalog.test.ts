import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_ALIASES } from './announced-facts.ts';
import { sampleFacts, samplePeer } from './catalog.sample.ts';
import { Catalog } from './catalog.ts';
import { SETTLED_PER_TURN } from './holder-ledger.ts';
import { HOSTLESS_GRACE_MS } from './hostless-documents.ts';
import { MAX_DOCUMENTS_PER_MD5, TRUNCATED_HASH_DIGITS } from './identity-table.ts';

const all = { have: 40, complete: true };
const some = { have: 7, complete: false };
const [ann, bob, eve] = [samplePeer(1), samplePeer(2), samplePeer(3)];
const book = sampleFacts(1);

function catalogWithPeers(...peers: readonly ReturnType<typeof samplePeer>[]): Catalog {
  const catalog = new Catalog();
  for (const peer of peers) catalog.setListed(peer, true);
  return catalog;
}

function changesOf(catalog: Catalog): string[] {
  const log: string[] = [];
  catalog.onChange(({ kind, record }) => void log.push(`${kind} ${record.name}`));
  return log;
}

describe('announcing a document', () => {
  it('lists it under its first name for good and finds it by every hash', () => {
    const catalog = catalogWithPeers(ann, bob);
    catalog.announce(ann, book, all);
    catalog.announce(bob, { ...book, name: 'copy.pdf', addedBy: bob, addedAt: 9, infoHashV1: sampleFacts(2).infoHashV1 }, some);
    const record = catalog.get(book.id);
    expect(record).toMatchObject({
      name: 'document 1.pdf',
      aliases: ['copy.pdf'],
      addedBy: ann,
      addedAt: 1_000,
      infoHashV1: book.infoHashV1,
    });
    for (const hash of [book.id, book.md5, book.infoHashV1, book.infoHashV2, book.infoHashV2.slice(0, TRUNCATED_HASH_DIGITS)])
      expect(catalog.find(hash)?.slot).toBe(record?.slot);
  });

  it.each(['size', 'md5', 'pieceLength'] as const)('refuses another %s for the same root and changes nothing', (field) => {
    const catalog = catalogWithPeers(ann, bob);
    catalog.announce(ann, book, all);
    const other = { size: 5, md5: sampleFacts(2).md5, pieceLength: 32_768 };
    const lie = { ...book, name: 'lie.pdf', [field]: other[field] };
    expect(() => catalog.announce(bob, lie, { have: 0, complete: false })).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(catalog.get(book.id)).toMatchObject({ aliases: [], listedHosts: 1 });
  });

  it('refuses an info-hash that belongs to another document', () => {
    const catalog = catalogWithPeers(ann);
    catalog.announce(ann, book, all);
    expect(() => catalog.announce(ann, sampleFacts(2, { infoHashV2: book.infoHashV2 }), all)).toThrow(/belongs to document/);
  });

  it('lists two files of one md5, and finds the other when the first goes', () => {
    const catalog = catalogWithPeers(ann);
    const twin = sampleFacts(2, { md5: book.md5 });
    catalog.announce(ann, book, all);
    catalog.announce(ann, twin, all);
    expect(catalog.find(book.md5)?.id).toBe(book.id);
    catalog.remove(book.id);
    expect(catalog.find(book.md5)?.id).toBe(twin.id);
  });

  it('lists more files of one md5 than its limit, but finds no more of them by it', () => {
    const catalog = catalogWithPeers(ann);
    const ids = Array.from({ length: MAX_DOCUMENTS_PER_MD5 + 1 }, (_, n) => sampleFacts(n).id);
    ids.forEach((_, n) => void catalog.announce(ann, sampleFacts(n, { md5: book.md5 }), all));
    for (const id of ids.slice(0, -1)) {
      expect(catalog.find(book.md5)?.id).toBe(id);
      catalog.remove(id);
    }
    expect([catalog.find(book.md5), catalog.size]).toEqual([undefined, 1]);
  });

  it.each([
    { have: 41, complete: false },
    { have: 39, complete: true },
  ])('refuses $have of 40 pieces, complete $complete', (told) => {
    expect(() => catalogWithPeers(ann).announce(ann, book, told)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('takes no more names than its limit', () => {
    const catalog = catalogWithPeers(ann);
    for (let i = 0; i <= MAX_ALIASES + 1; i++) catalog.announce(ann, { ...book, name: `name ${i}` }, all);
    expect(catalog.get(book.id)?.aliases).toHaveLength(MAX_ALIASES);
  });

  it('lists no more documents than its limit', () => {
    const catalog = new Catalog({ documents: 1 });
    catalog.announce(ann, book, all);
    expect(() => catalog.announce(ann, sampleFacts(2), all)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    catalog.announce(bob, book, all);
    expect(catalog.size).toBe(1);
  });

  it('tells what changed, and nothing when nothing did', () => {
    const catalog = catalogWithPeers(ann, bob);
    const log = changesOf(catalog);
    catalog.announce(ann, book, all);
    catalog.announce(ann, book, all);
    catalog.announce(bob, { ...book, name: 'b.pdf' }, some);
    catalog.progress(bob, book.id, { have: 8, complete: false });
    expect(log).toEqual(['added document 1.pdf', 'described document 1.pdf', 'hosted document 1.pdf', 'hosted document 1.pdf']);
  });
});

describe('holders', () => {
  it('count as hosts while they are listed', () => {
    const catalog = catalogWithPeers(ann);
    catalog.announce(ann, book, all);
    catalog.announce(bob, book, some);
    expect(catalog.get(book.id)?.listedHosts).toBe(1);
    catalog.setListed(bob, true);
    expect(catalog.get(book.id)?.listedHosts).toBe(2);
    catalog.setListed(ann, false);
    expect(catalog.get(book.id)?.listedHosts).toBe(1);
  });

  it('count as completed once they finish', () => {
    const catalog = catalogWithPeers(ann, bob);
    catalog.announce(ann, book, all);
    catalog.announce(bob, book, some);
    catalog.progress(bob, book.id, all);
    catalog.progress(bob, book.id, all);
    expect(catalog.get(book.id)?.completed).toBe(1);
  });

  it('cannot tell progress on what they did not announce', () => {
    const catalog = catalogWithPeers(ann, eve);
    catalog.announce(ann, book, all);
    expect(() => catalog.progress(eve, book.id, some)).toThrow(expect.objectContaining({ code: 'DOCUMENT_NOT_FOUND' }));
  });

  it('take the document with them when the last one withdraws', () => {
    const catalog = catalogWithPeers(ann, bob);
    catalog.announce(ann, book, all);
    catalog.announce(bob, book, some);
    catalog.withdraw(ann, book.id);
    expect(catalog.get(book.id)?.listedHosts).toBe(1);
    catalog.withdraw(bob, book.id);
    expect(catalog.get(book.id)).toBeUndefined();
    expect(catalog.find(book.infoHashV1)).toBeUndefined();
    expect(catalog.countOf(bob)).toBe(0);
  });

  it('leave the document listed for the grace when they vanish', () => {
    const catalog = catalogWithPeers(ann);
    catalog.announce(ann, book, all);
    catalog.dropPeer(ann, 5_000);
    expect(catalog.get(book.id)).toMatchObject({ listedHosts: 0, hostlessSince: 5_000 });
    expect(catalog.sweepHostless(5_000 + HOSTLESS_GRACE_MS - 1)).toBe(0);
    expect(catalog.sweepHostless(5_000 + HOSTLESS_GRACE_MS)).toBe(1);
    expect(catalog.size).toBe(0);
  });

  it('may come back within the grace', () => {
    const catalog = catalogWithPeers(ann);
    catalog.announce(ann, book, all);
    catalog.dropPeer(ann, 5_000);
    catalog.setListed(ann, true);
    catalog.announce(ann, book, all);
    expect(catalog.sweepHostless(5_000 + HOSTLESS_GRACE_MS)).toBe(0);
    expect(catalog.get(book.id)).toMatchObject({ listedHosts: 1, hostlessSince: undefined });
  });

  it('lose what they do not repeat in a new session', () => {
    const catalog = catalogWithPeers(ann);
    const kept = sampleFacts(2);
    catalog.announce(ann, book, all);
    catalog.announce(ann, kept, all);
    const session = catalog.beginSession(ann);
    catalog.announce(ann, kept, all);
    catalog.dropStale(ann, session - 1, 0);
    expect(catalog.countOf(ann)).toBe(2);
    catalog.dropStale(ann, session, 0);
    expect([...catalog.documentsOf(ann)].map(({ id }) => id)).toEqual([kept.id]);
  });
});

describe('a peer that holds very many documents', () => {
  const count = 3 * SETTLED_PER_TURN;
  const LOADED_MACHINE_MS = 30_000;
  const turn = () => new Promise(setImmediate);
  const listedHosts = (catalog: Catalog) => [...catalog.all()].reduce((sum, record) => sum + record.listedHosts, 0);

  it(
    'goes at once, and others get their turn before all its documents are counted anew',
    async () => {
      const catalog = catalogWithPeers(ann, bob);
      for (let n = 0; n < count; n++) for (const peer of [ann, bob]) catalog.announce(peer, sampleFacts(n), all);
      const before = catalog.holdingWrites;
      catalog.dropPeer(ann, 5_000);
      expect([...catalog.all()].every(({ holdings, listedSeeders }) => !holdings.has(ann) && listedSeeders === 1)).toBe(true);
      expect(listedHosts(catalog)).toBe(2 * count - SETTLED_PER_TURN);
      while (catalog.countOf(ann) > 0) await turn();
      expect(listedHosts(catalog)).toBe(count);
      // Two for each document: it does not count any more, and it is gone.
      expect(catalog.holdingWrites - before).toBe(2 * count);
    },
    LOADED_MACHINE_MS,
  );

  it(
    'keeps what it announces again while the rest still goes',
    async () => {
      const catalog = catalogWithPeers(ann);
      for (let n = 0; n < count; n++) catalog.announce(ann, sampleFacts(n), all);
      catalog.dropPeer(ann, 5_000);
      catalog.beginSession(ann);
      catalog.setListed(ann, true);
      const again = [0, SETTLED_PER_TURN, count - 1];
      for (const n of again) catalog.announce(ann, sampleFacts(n), all);
      for (let n = 0; n < 6; n++) await turn();
      expect([...catalog.documentsOf(ann)].map(({ addedAt }) => addedAt / 1_000).sort((a, b) => a - b)).toEqual(again);
      const wrong = [...catalog.all()].filter(({ listedHosts, addedAt }) => listedHosts !== Number(again.includes(addedAt / 1_000)));
      expect(wrong).toEqual([]);
    },
    LOADED_MACHINE_MS,
  );

  it('is listed and unlisted little by little, the last word counting', async () => {
    const catalog = new Catalog();
    for (let n = 0; n < count; n++) catalog.announce(ann, sampleFacts(n), all);
    catalog.setListed(ann, true);
    catalog.setListed(ann, false);
    catalog.setListed(ann, true);
    expect(listedHosts(catalog)).toBeLessThan(count);
    for (let n = 0; n < 6; n++) await turn();
    expect(listedHosts(catalog)).toBe(count);
  });
});

describe('a restored document', () => {
  const past = { completed: 3, holdings: [[ann, 40, true]] as const };

  it('is there with its holders, of whom none is listed', () => {
    const catalog = new Catalog();
    catalog.restore(book, past, 0);
    expect(catalog.get(book.id)).toMatchObject({ completed: 3, listedHosts: 0, hostlessSince: undefined });
    catalog.setListed(ann, true);
    expect(catalog.get(book.id)?.listedHosts).toBe(1);
  });

  it('yields to what was announced meanwhile', () => {
    const catalog = catalogWithPeers(ann);
    catalog.announce(ann, { ...book, name: 'now.pdf' }, some);
    catalog.restore(book, past, 0);
    expect(catalog.get(book.id)?.name).toBe('now.pdf');
    expect(catalog.get(book.id)?.holdings.get(ann)?.have).toBe(7);
  });
});

describe('the newest first', () => {
  it('goes by the moment of adding, from any place, and the last page ends', () => {
    const catalog = catalogWithPeers(ann);
    for (const n of [3, 1, 4, 2]) catalog.announce(ann, sampleFacts(n), all);
    const moments = (n?: number) => {
      const after = n === undefined ? undefined : { value: n * 1_000, id: sampleFacts(n).id };
      return [...catalog.inOrder('added', true, after)].map(({ addedAt }) => addedAt / 1_000);
    };
    expect(moments()).toEqual([4, 3, 2, 1]);
    expect(moments(3)).toEqual([2, 1]);
    expect(moments(1)).toEqual([]);
  });
});

describe('whatever peers do', () => {
  it('numbers agree with what is held', () => {
    const peers = [ann, bob, eve];
    const step = fc.tuple(
      fc.constantFrom('announce', 'withdraw', 'drop', 'list', 'unlist', 'remove', 'sweep'),
      fc.nat(2),
      fc.nat(4),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const catalog = new Catalog({ hostlessGraceMs: 3 });
        const listed = new Set<string>();
        steps.forEach(([what, p, d, complete], now) => {
          const peer = peers[p] as typeof ann;
          const facts = sampleFacts(d);
          if (what === 'announce') catalog.announce(peer, facts, complete ? all : some);
          if (what === 'withdraw') catalog.withdraw(peer, facts.id);
          if (what === 'remove') catalog.remove(facts.id);
          if (what === 'sweep') catalog.sweepHostless(now);
          if (what === 'list' || what === 'unlist') {
            catalog.setListed(peer, what === 'list');
            listed[what === 'list' ? 'add' : 'delete'](peer);
          }
          if (what === 'drop') {
            catalog.dropPeer(peer, now);
            listed.delete(peer);
          }
        });
        const records = [...catalog.all()];
        expect([...catalog.inOrder('added', true)].map(({ slot }) => slot).sort()).toEqual(records.map(({ slot }) => slot).sort());
        for (const record of records) {
          expect(record.listedHosts).toBe([...record.holdings.keys()].filter((peer) => listed.has(peer)).length);
          expect(record.hostlessSince === undefined).toBe(record.holdings.size > 0);
          expect(catalog.at(record.slot)?.id).toBe(record.id);
          expect(catalog.find(record.md5)?.id).toBe(record.id);
        }
        for (const peer of peers)
          expect(new Set([...catalog.documentsOf(peer)].map(({ id }) => id))).toEqual(
            new Set(records.filter(({ holdings }) => holdings.has(peer)).map(({ id }) => id)),
          );
      }),
      { numRuns: 40 },
    );
  });
});
