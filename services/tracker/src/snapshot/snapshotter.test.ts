import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { ManualClock } from '@pageswarm/primitives';
import { plainRecord, sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import type { DocumentRecord } from '../catalog/document-record.ts';
import { HostTable } from '../swarm/host-table.ts';
import { RESTORE_PATIENCE_MS } from './copy-reader.ts';
import { MemorySnapshotStore } from './memory-snapshot-store.ts';
import {
  type LoadedEntry,
  type LoadPlace,
  MAX_SNAPSHOT_BATCH,
  SNAPSHOT_KINDS,
  type SnapshotEntry,
  type SnapshotKind,
  type SnapshotStore,
} from './snapshot-store.ts';
import { FIRST_ANSWER_MS, Snapshotter } from './snapshotter.ts';

const all = { have: 40, complete: true };
const ann = samplePeer(1);

/** A store that can be away and remembers how much it was given at once. */
class WatchedStore extends MemorySnapshotStore {
  isAway = false;
  whenAway = () => {};
  readonly saves: { kind: SnapshotKind; count: number }[] = [];

  override async dataSet(): Promise<string> {
    if (this.isAway) {
      this.whenAway();
      throw new Error('the store is away');
    }
    return super.dataSet();
  }

  override async save(kind: SnapshotKind, entries: readonly SnapshotEntry[], removed: readonly string[]): Promise<void> {
    if (this.isAway) throw new Error('the store is away');
    this.saves.push({ kind, count: entries.length + removed.length });
    return super.save(kind, entries, removed);
  }
}

/** Gives one batch of documents, then nothing for a while. */
class SilentStore extends WatchedStore {
  silences = 0;
  readonly given = { documents: 0, peers: 0, notes: 0 };
  whenSilent = () => {};
  private tell = () => {};
  readonly fellSilent = new Promise<void>((resolve) => {
    this.tell = resolve;
  });

  override async *load(kind: SnapshotKind, place?: LoadPlace): AsyncGenerator<LoadedEntry[]> {
    for await (const entries of super.load(kind, place)) {
      if (kind === 'documents' && this.silences > 0 && this.given.documents > 0) {
        this.silences--;
        this.whenSilent();
        this.tell();
        throw new Error('the store is silent');
      }
      this.given[kind] += entries.length;
      yield entries;
    }
  }
}

function tracker(store: SnapshotStore | undefined) {
  const clock = new ManualClock(1_000_000);
  const catalog = new Catalog();
  const hosts = new HostTable(clock, 30_000);
  hosts.onChange((kind, { peerId }) => void (kind === 'left' && catalog.dropPeer(peerId, clock.now())));
  const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
  const options = { intervalMs: 3_600_000, writerTag: '00'.repeat(8) };
  const snapshotter = new Snapshotter(store, catalog, hosts, clock, logger, options);
  const join = () =>
    hosts.join({ peerId: ann, name: 'ann', zone: 'north', address: { host: '::1', port: 7 }, httpAddress: { host: 'a', port: 8 } });
  const announce = (...numbers: number[]) => {
    for (const n of numbers) catalog.announce(ann, sampleFacts(n, { aliases: [`alias ${n}`] }), all);
  };
  return { clock, catalog, hosts, snapshotter, join, announce };
}

describe('the snapshot', () => {
  let store: WatchedStore;
  beforeEach(() => {
    store = new WatchedStore();
  });

  it('gives a new tracker what the old one knew', async () => {
    const old = tracker(store);
    await old.snapshotter.start();
    old.join();
    old.announce(1, 2);
    old.catalog.withdraw(ann, sampleFacts(2).id);
    await old.snapshotter.stop();
    const next = tracker(store);
    await next.snapshotter.start();
    expect([...next.catalog.all()].map(plainRecord)).toEqual([
      { ...plainRecord(old.catalog.get(sampleFacts(1).id) as DocumentRecord), holdings: new Map([[ann, { ...all, session: 0 }]]) },
    ]);
    expect(next.hosts.get(ann)).toMatchObject({ state: 'unconfirmed', name: 'ann', zone: 'north', address: { host: '::1', port: 7 } });
    await next.snapshotter.stop();
  });

  it('saves only what changed, in batches of the limit', async () => {
    const { snapshotter, join, announce } = tracker(store);
    await snapshotter.start();
    join();
    announce(...Array.from({ length: MAX_SNAPSHOT_BATCH + 1 }, (_, n) => n));
    await snapshotter.step();
    expect(store.saves.map(({ count }) => count)).toEqual([1, MAX_SNAPSHOT_BATCH, 1]);
    await snapshotter.step();
    announce(3);
    await snapshotter.step();
    expect(store.saves).toHaveLength(3);
    announce(9_999);
    await snapshotter.step();
    expect(store.saves.at(-1)).toEqual({ kind: 'documents', count: 1 });
    await snapshotter.stop();
  });

  it('writes nothing back of what it just read', async () => {
    const old = tracker(store);
    await old.snapshotter.start();
    old.join();
    old.announce(1, 2, 3);
    await old.snapshotter.stop();
    store.saves.length = 0;
    const next = tracker(store);
    await next.snapshotter.start();
    await next.snapshotter.step();
    expect([next.catalog.size, store.saves]).toEqual([3, []]);
    await next.snapshotter.stop();
  });

  it('keeps changes while the store is away, says so, and catches up', async () => {
    const { snapshotter, join, announce, clock } = tracker(store);
    await snapshotter.start();
    store.isAway = true;
    join();
    announce(1, 2);
    await snapshotter.step();
    clock.advance(5_000);
    expect(snapshotter.status()).toMatchObject({
      state: 'failing',
      pending: 3,
      failures: 1,
      lagMs: 5_000,
      detail: expect.stringContaining('away'),
    });
    store.isAway = false;
    await snapshotter.step();
    expect(snapshotter.status()).toMatchObject({ state: 'ok', pending: 0, lagMs: 0, savedEntries: 3 });
    await snapshotter.stop();
  });

  it.each([
    ['a holder', 'peers', [1, 0], [1, 7_000]],
    ['documents', 'documents', [2, 0], [2, 7_000]],
  ] as const)(
    'counts %s as waiting until the store says that it has them, and since they began when it has not',
    async (_, kind, saving, after) => {
      const { snapshotter, join, announce, clock } = tracker(store);
      await snapshotter.start();
      if (kind === 'documents') {
        join();
        await snapshotter.step();
      }
      let refuse = () => {};
      const asked = new Promise<void>((begun) => {
        store.save = async () => {
          begun();
          await new Promise<void>((_, reject) => (refuse = () => reject(new Error('no answer'))));
        };
      });
      if (kind === 'documents') announce(1, 2);
      else join();
      const stepped = snapshotter.step();
      await asked;
      const { pending, lagMs } = snapshotter.status();
      expect([pending, lagMs]).toEqual(saving);
      clock.advance(5_000);
      expect(snapshotter.status().lagMs).toBe(5_000);
      refuse();
      await stepped;
      clock.advance(2_000);
      const left = snapshotter.status();
      expect([left.pending, left.lagMs]).toEqual(after);
      await snapshotter.stop();
    },
  );

  it('writes everything anew when the store lost it', async () => {
    const { snapshotter, join, announce } = tracker(store);
    await snapshotter.start();
    join();
    announce(1, 2, 3);
    await snapshotter.step();
    store.lose();
    await snapshotter.step();
    const next = tracker(store);
    await next.snapshotter.start();
    expect([next.catalog.size, next.hosts.size]).toEqual([3, 1]);
    await Promise.all([snapshotter.stop(), next.snapshotter.stop()]);
  });

  it('reads a store that comes late and adds what is here already', async () => {
    const old = tracker(store);
    await old.snapshotter.start();
    old.join();
    old.announce(1, 2);
    await old.snapshotter.stop();
    store.isAway = true;
    const late = tracker(store);
    store.whenAway = () => late.clock.advance(FIRST_ANSWER_MS);
    await late.snapshotter.start();
    late.join();
    late.announce(2, 3);
    store.isAway = false;
    await late.snapshotter.step();
    expect([...late.catalog.all()].map(({ name }) => name).sort()).toEqual(['document 1.pdf', 'document 2.pdf', 'document 3.pdf']);
    const next = tracker(store);
    await next.snapshotter.start();
    expect(next.catalog.size).toBe(3);
    await Promise.all([late.snapshotter.stop(), next.snapshotter.stop()]);
  });

  it('skips what it cannot read and drops holders that nobody knows', async () => {
    const old = tracker(store);
    await old.snapshotter.start();
    old.announce(1);
    await old.snapshotter.stop();
    await store.save(
      'documents',
      [
        ['aa'.repeat(32), Buffer.from('{"not": "ours"}')],
        ['bb', Buffer.from('nothing')],
      ],
      [],
    );
    const next = tracker(store);
    await next.snapshotter.start();
    expect([...next.catalog.all()].map(({ name, holdings }) => [name, holdings.size])).toEqual([['document 1.pdf', 0]]);
    expect(next.snapshotter.status()).toMatchObject({ state: 'ok', unreadable: 2, detail: expect.stringContaining('2 of its entries') });
    await next.snapshotter.stop();
  });

  describe('of a store that falls silent while the copy is read', () => {
    const COUNT = 2 * MAX_SNAPSHOT_BATCH + 7;
    const LOADED_MACHINE_MS = 30_000;
    const written: { kind: SnapshotKind; entries: SnapshotEntry[] }[] = [];
    beforeAll(async () => {
      const store = new MemorySnapshotStore();
      const old = tracker(store);
      await old.snapshotter.start();
      old.join();
      old.announce(...Array.from({ length: COUNT }, (_, n) => n));
      await old.snapshotter.stop();
      for (const kind of SNAPSHOT_KINDS)
        for await (const entries of store.load(kind))
          written.push({ kind, entries: entries.map(([id, value]) => [id.toString('hex'), value]) });
    }, LOADED_MACHINE_MS);
    const full = async () => {
      const silent = new SilentStore();
      for (const { kind, entries } of written) await silent.save(kind, entries, []);
      silent.saves.length = 0;
      return silent;
    };

    it(
      'goes on where it stood and is there only with all of it',
      async () => {
        const silent = await full();
        silent.silences = 2;
        const next = tracker(silent);
        const started = next.snapshotter.start();
        await silent.fellSilent;
        expect(next.snapshotter.isRestored).toBe(false);
        expect(next.snapshotter.status()).toMatchObject({ state: 'restoring', detail: expect.stringContaining('501 entries of the copy') });
        await started;
        expect([next.catalog.size, next.snapshotter.isRestored, next.snapshotter.status().state]).toEqual([COUNT, true, 'ok']);
        // One batch was behind it when it fell silent, and is not read again.
        expect([silent.given.documents, silent.saves]).toEqual([COUNT, []]);
        await next.snapshotter.stop();
      },
      LOADED_MACHINE_MS,
    );

    it(
      'serves without the rest when nothing comes for long, saves nothing before it has come, and takes it in then',
      async () => {
        const silent = await full();
        silent.silences = Number.POSITIVE_INFINITY;
        const next = tracker(silent);
        silent.whenSilent = () => next.clock.advance(RESTORE_PATIENCE_MS / 2);
        await next.snapshotter.start();
        expect([next.catalog.size, next.snapshotter.isRestored]).toEqual([MAX_SNAPSHOT_BATCH, false]);
        expect(next.snapshotter.status()).toMatchObject({
          state: 'restoring',
          failures: 1,
          detail: expect.stringMatching(/the rest is still to come: .*silent/),
        });
        let isTold = false;
        next.snapshotter.onRestored(() => {
          isTold = true;
        });
        next.hosts.renew(ann);
        next.catalog.announce(ann, sampleFacts(COUNT - 1), all);
        next.catalog.announce(ann, sampleFacts(99_999), all);
        next.catalog.withdraw(ann, sampleFacts(0).id);
        await next.snapshotter.step();
        expect([silent.saves, isTold]).toEqual([[], false]);
        silent.silences = 0;
        await next.snapshotter.step();
        expect([next.catalog.size, isTold, next.snapshotter.status().state]).toEqual([COUNT, true, 'ok']);
        await next.snapshotter.stop();
        const last = tracker(silent);
        await last.snapshotter.start();
        expect(last.catalog.size).toBe(COUNT);
        expect([last.catalog.get(sampleFacts(0).id), last.catalog.get(sampleFacts(99_999).id)?.name]).toEqual([
          undefined,
          'document 99999.pdf',
        ]);
        await last.snapshotter.stop();
      },
      LOADED_MACHINE_MS,
    );

    it(
      'begins anew when what it was reading is lost',
      async () => {
        const silent = await full();
        silent.silences = Number.POSITIVE_INFINITY;
        const next = tracker(silent);
        silent.whenSilent = () => next.clock.advance(RESTORE_PATIENCE_MS);
        await next.snapshotter.start();
        silent.lose();
        silent.silences = 0;
        await next.snapshotter.step();
        const last = tracker(silent);
        await last.snapshotter.start();
        expect([next.catalog.size, last.catalog.size]).toEqual([MAX_SNAPSHOT_BATCH, MAX_SNAPSHOT_BATCH]);
        await Promise.all([next.snapshotter.stop(), last.snapshotter.stop()]);
      },
      LOADED_MACHINE_MS,
    );

    it(
      'ends at once when the tracker does',
      async () => {
        const silent = await full();
        silent.silences = Number.POSITIVE_INFINITY;
        const next = tracker(silent);
        const started = next.snapshotter.start();
        await silent.fellSilent;
        await next.snapshotter.stop();
        await started;
        expect([next.snapshotter.isRestored, silent.saves]).toEqual([false, []]);
      },
      LOADED_MACHINE_MS,
    );

    it(
      'gives its hosts a whole lease from the end of it',
      async () => {
        const silent = await full();
        silent.silences = 1;
        const next = tracker(silent);
        silent.whenSilent = () => next.clock.advance(29_000);
        await next.snapshotter.start();
        next.clock.advance(29_000);
        expect(next.hosts.expire()).toEqual([]);
        next.clock.advance(1_000);
        expect(next.hosts.expire()).toHaveLength(1);
        await next.snapshotter.stop();
      },
      LOADED_MACHINE_MS,
    );
  });

  it('waits for a store that comes a moment late', async () => {
    const old = tracker(store);
    await old.snapshotter.start();
    old.join();
    old.announce(1);
    await old.snapshotter.stop();
    store.isAway = true;
    const next = tracker(store);
    const started = next.snapshotter.start();
    setTimeout(() => {
      store.isAway = false;
    }, 50);
    await started;
    expect([next.catalog.size, next.snapshotter.isRestored]).toEqual([1, true]);
    await next.snapshotter.stop();
  });

  it('is off without a store', async () => {
    const { snapshotter, announce } = tracker(undefined);
    await snapshotter.start();
    announce(1);
    expect(snapshotter.status()).toMatchObject({ state: 'off', pending: 0 });
    await snapshotter.stop();
  });
});
