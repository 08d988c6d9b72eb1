import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sampleFacts, samplePeer, UNKNOWN_INSPECTION } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import type { DocumentFacts, DocumentRecord } from '../catalog/document-record.ts';
import { decodeDocument, encodeDocument } from '../snapshot/document-codec.ts';
import { type KnownPeers, mergeDocument } from './document-merge.ts';

const TAGS = ['aa'.repeat(8), 'bb'.repeat(8), 'cc'.repeat(8)];
const NAMES = ['one.pdf', 'two.pdf', 'three.pdf'];
const { id } = sampleFacts(1);

/** What trackers know of one document; peer `n` renews at the tracker that `homes` says. */
class Trackers {
  readonly catalogs = TAGS.map(() => new Catalog());
  /** What the last writer wrote; undefined before the first. */
  private written: Buffer | undefined;
  private readonly unread = TAGS.map(() => false);
  private readonly unsaved = TAGS.map(() => false);

  constructor(private readonly homes: readonly number[]) {}

  announce(peer: number, facts: DocumentFacts, have: number): void {
    const home = this.homes[peer] as number;
    this.catalogs[home]?.announce(samplePeer(peer), facts, { have, complete: have === 40 });
    this.unsaved[home] = true;
  }

  /** One tracker reads what others wrote, and writes what it knows more. */
  step(tracker: number): boolean {
    const catalog = this.catalogs[tracker] as Catalog;
    if (this.unread[tracker] && this.written) {
      this.unread[tracker] = false;
      this.unsaved[tracker] = mergeDocument(catalog, decodeDocument(id, this.written), this.peersOf(tracker), 0);
    }
    const record = catalog.get(id);
    if (!this.unsaved[tracker] || !record) return false;
    this.unsaved[tracker] = false;
    this.written = encodeDocument(record, TAGS[tracker] as string);
    this.unread.forEach((_, other) => {
      if (other !== tracker) this.unread[other] = true;
    });
    return true;
  }

  private peersOf(tracker: number): KnownPeers {
    const homeOf = (peerId: string) => this.homes[Number.parseInt(peerId, 16)] as number;
    return {
      isOwn: (peerId) => homeOf(peerId) === tracker,
      isKnown: () => true,
      isLeasedAt: (tag, peerId) => TAGS[homeOf(peerId)] === tag,
    };
  }
}

const told = fc.record({
  peer: fc.nat(4),
  name: fc.nat(2),
  addedAt: fc.nat(2),
  have: fc.nat(40),
  title: fc.option(fc.constantFrom('A', 'B')),
});
const step = fc.oneof(told, fc.record({ step: fc.nat(2) }));

describe('a document that several trackers write', () => {
  it('becomes the same at all of them, and then nobody writes any more', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }), fc.array(step, { maxLength: 30 }), (homes, steps) => {
        const trackers = new Trackers(homes);
        const last = new Map<number, number>();
        for (const each of steps) {
          if ('step' in each) {
            trackers.step(each.step);
            continue;
          }
          const { peer, name, addedAt, have, title } = each;
          const hashes = sampleFacts(10 + name);
          const inspection = { ...UNKNOWN_INSPECTION, title };
          const facts = { name: NAMES[name], addedAt, infoHashV1: hashes.infoHashV1, infoHashV2: hashes.infoHashV2, inspection };
          trackers.announce(peer, sampleFacts(1, facts as Partial<DocumentFacts>), have);
          last.set(peer, have);
        }
        let rounds = 0;
        while ([0, 1, 2].map((tracker) => trackers.step(tracker)).some(Boolean)) expect(++rounds).toBeLessThan(10);
        if (last.size === 0) return;
        const views = trackers.catalogs.map((catalog) => {
          const record = catalog.get(id) as DocumentRecord;
          const holders = [...record.holdings].map(([peerId, { have, complete }]) => [peerId, have, complete]).sort();
          return { name: record.name, v1: record.infoHashV1, names: [record.name, ...record.aliases].sort(), holders };
        });
        expect(views[1]).toEqual(views[0]);
        expect(views[2]).toEqual(views[0]);
        expect(views[0]?.holders).toEqual([...last].map(([peer, have]) => [samplePeer(peer), have, have === 40]).sort());
      }),
      { numRuns: 60 },
    );
  });

  it('loses the holder that the tracker where it renews says is gone, and no other', () => {
    const catalog = new Catalog();
    const [ann, bob, eve] = [samplePeer(1), samplePeer(2), samplePeer(3)];
    for (const peerId of [ann, bob, eve]) catalog.announce(peerId, sampleFacts(1), { have: 1, complete: false });
    const peers: KnownPeers = {
      isOwn: (peerId) => peerId === eve,
      isKnown: () => true,
      isLeasedAt: (tag, peerId) => tag === TAGS[0] && peerId === bob,
    };
    const facts = sampleFacts(1);
    const stored = { writer: TAGS[0] as string, facts, past: { completed: 0, holdings: [[ann, 1, false]] as const } };
    // Eve renews here, so that the entry has to be written with her.
    expect(mergeDocument(catalog, stored, peers, 0)).toBe(true);
    expect([...(catalog.get(id)?.holdings.keys() ?? [])]).toEqual([ann, eve]);
  });

  it('is left alone when somebody wrote other bytes for it', () => {
    const catalog = new Catalog();
    catalog.announce(samplePeer(1), sampleFacts(1), { have: 40, complete: true });
    const lie = { writer: TAGS[0] as string, facts: sampleFacts(1, { size: 5 }), past: { completed: 9, holdings: [] } };
    const peers: KnownPeers = { isOwn: () => false, isKnown: () => true, isLeasedAt: () => true };
    expect(mergeDocument(catalog, lie, peers, 0)).toBe(false);
    expect(catalog.get(id)?.size).toBe(40 * 16_384);
  });
});
