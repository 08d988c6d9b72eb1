import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { MAX_SNAPSHOT_BATCH, type SnapshotEntry, type SnapshotStore } from '@pageswarm/tracker';

/** All entries of a kind. */
export async function everything(store: SnapshotStore, kind: 'documents' | 'peers'): Promise<Record<string, string>> {
  const all: SnapshotEntry[] = [];
  for await (const entries of store.load(kind)) all.push(...entries);
  return Object.fromEntries(all);
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
    await store.save(
      'documents',
      [
        ['a', '1'],
        ['b', '2'],
        ['c', 'ü "3" \n'],
      ],
      [],
    );
    await store.save('documents', [['a', '4']], ['b', 'unknown']);
    expect(await everything(store, 'documents')).toEqual({ a: '4', c: 'ü "3" \n' });
  });

  it('keeps kinds apart', async () => {
    await store.save('documents', [['x', 'document']], []);
    await store.save('peers', [['x', 'peer']], []);
    await store.save('documents', [], ['x']);
    expect([await everything(store, 'documents'), await everything(store, 'peers')]).toEqual([{}, { x: 'peer' }]);
  });

  it('gives back more than one batch', async () => {
    const batch = (from: number) => Array.from({ length: MAX_SNAPSHOT_BATCH }, (_, i): SnapshotEntry => [`id ${from + i}`, `${from + i}`]);
    for (let n = 0; n < 3; n++) await store.save('documents', batch(n * MAX_SNAPSHOT_BATCH), []);
    expect(Object.keys(await everything(store, 'documents'))).toHaveLength(3 * MAX_SNAPSHOT_BATCH);
  });
}
