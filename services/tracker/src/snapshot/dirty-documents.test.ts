import { describe, expect, it } from '@jest/globals';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { DirtyDocuments } from './dirty-documents.ts';
import { MAX_SNAPSHOT_BATCH } from './snapshot-store.ts';

function setUp() {
  const catalog = new Catalog();
  let now = 0;
  const dirty = new DirtyDocuments(catalog, () => now);
  catalog.onChange(({ kind, record }) => (kind === 'removed' ? dirty.gone(record) : dirty.changed(record)));
  const announce = (n: number) => catalog.announce(samplePeer(1), sampleFacts(n), { have: 40, complete: true });
  const names = () => {
    const { slots, removed } = dirty.take();
    return { slots: slots.map((slot) => catalog.at(slot)?.name), removed };
  };
  return { catalog, dirty, announce, names, pass: (ms: number) => (now += ms) };
}

describe('documents that differ from their copy', () => {
  it('are told once, in batches of the limit', () => {
    const { dirty, announce } = setUp();
    for (let n = 0; n <= MAX_SNAPSHOT_BATCH; n++) announce(n);
    expect([dirty.count, dirty.take().slots.length, dirty.take().slots.length, dirty.take().slots.length]).toEqual([501, 500, 1, 0]);
  });

  it('are removed from the copy only if they may be in it', () => {
    const { catalog, names, announce } = setUp();
    const { id } = announce(1);
    catalog.remove(id);
    announce(2);
    expect(names()).toEqual({ slots: ['document 2.pdf'], removed: [] });
    catalog.remove(sampleFacts(2).id);
    announce(3);
    expect(names()).toEqual({ slots: ['document 3.pdf'], removed: [sampleFacts(2).id] });
  });

  it('are written and not removed when they came back before', () => {
    const { catalog, names, announce } = setUp();
    const { id } = announce(1);
    names();
    catalog.remove(id);
    announce(1);
    expect(names()).toEqual({ slots: ['document 1.pdf'], removed: [] });
  });

  it('come again after they could not be saved, and wait since the first', () => {
    const { catalog, dirty, announce, names, pass } = setUp();
    announce(1);
    const { id } = announce(2);
    names();
    catalog.remove(id);
    pass(5);
    announce(3);
    const batch = dirty.take();
    expect([dirty.waitingSince, dirty.count]).toEqual([undefined, 0]);
    dirty.giveBack(batch);
    expect(dirty.waitingSince).toBe(0);
    expect(names()).toEqual({ slots: ['document 3.pdf'], removed: [id] });
  });

  it('wait since the first when others changed while they could not be saved', () => {
    const { dirty, announce, pass } = setUp();
    announce(1);
    const batch = dirty.take();
    pass(5);
    announce(2);
    expect([dirty.takenSince, dirty.waitingSince]).toEqual([0, 5]);
    dirty.giveBack({ slots: [], removed: [], ordered: [] });
    expect(dirty.waitingSince).toBe(5);
    dirty.giveBack(batch);
    expect(dirty.waitingSince).toBe(0);
  });

  it('are all of them when the copy is lost', () => {
    const { catalog, dirty, announce, names } = setUp();
    for (let n = 0; n < 3; n++) announce(n);
    names();
    catalog.remove(sampleFacts(0).id);
    dirty.markAll();
    expect(names()).toEqual({ slots: ['document 1.pdf', 'document 2.pdf'], removed: [] });
  });
});
