import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { MAX_SNAPSHOT_BATCH, type SnapshotEntry, type SnapshotStore } from '@pageswarm/tracker';

/** An id as stores want them, of any text. */
export function idOf(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** An entry of two texts. */
export function entry(id: string, value: string): SnapshotEntry {
  return [idOf(id), Buffer.from(value)];
}

/** All entries of a kind, as texts. */
export async function everything(store: SnapshotStore, kind: 'documents' | 'peers'): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const entries of store.load(kind)) for (const [id, value] of entries) all[id.toString()] = value.toString();
  return all;
}

/** What every snapshot store must do. */
export function behavesAsSnapshotStore(open: () => SnapshotStore): void {
  let store: SnapshotStore;
  beforeEach(() => {
    store = open();
  });
  afterEach(() => store.close());

  it('begins empty, with a name that stays', async () => {
    expect(await everything(store, 'documents')).toEqual({});
    expect(await store.dataSet()).toBe(await store.dataSet());
  });

  it('keeps the last value of each entry and forgets removed ones', async () => {
    await store.save('documents', [entry('a', '1'), entry('b', '2'), entry('c', 'ü "3" \n')], []);
    await store.save('documents', [entry('a', '4')], [idOf('b'), idOf('unknown')]);
    await store.settle();
    expect(await everything(store, 'documents')).toEqual({ a: '4', c: 'ü "3" \n' });
  });

  it('keeps every byte of ids and values', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await store.save(
      'documents',
      [
        [all.toString('hex', 0, 128), all],
        [all.toString('hex', 128), Buffer.alloc(0)],
      ],
      [],
    );
    const found: SnapshotEntry[] = [];
    for await (const entries of store.load('documents')) for (const [id, value] of entries) found.push([id.toString('hex'), value]);
    const byId = new Map(found.map(([id, value]) => [id, value.toString('hex')]));
    expect([byId.size, byId.get(all.toString('hex', 0, 128)), byId.get(all.toString('hex', 128))]).toEqual([2, all.toString('hex'), '']);
  });

  it('keeps kinds apart', async () => {
    await store.save('documents', [entry('x', 'document')], []);
    await store.save('peers', [entry('x', 'peer')], []);
    await store.save('documents', [], [idOf('x')]);
    expect([await everything(store, 'documents'), await everything(store, 'peers')]).toEqual([{}, { x: 'peer' }]);
  });

  it('gives back more than one batch', async () => {
    const batch = (from: number) => Array.from({ length: MAX_SNAPSHOT_BATCH }, (_, i) => entry(`id ${from + i}`, `${from + i}`));
    for (let n = 0; n < 3; n++) await store.save('documents', batch(n * MAX_SNAPSHOT_BATCH), []);
    expect(Object.keys(await everything(store, 'documents'))).toHaveLength(3 * MAX_SNAPSHOT_BATCH);
  });
}
