import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { MAX_SNAPSHOT_BATCH, MemorySnapshotStore, RedisSnapshotStore, type SnapshotEntry, type SnapshotStore } from '@pageswarm/tracker';
import { Redis } from 'ioredis';
import { REDIS_MISSING, RedisProcess } from './redis-process.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });

async function everything(store: SnapshotStore, kind: 'documents' | 'peers'): Promise<Record<string, string>> {
  const all: SnapshotEntry[] = [];
  for await (const entries of store.load(kind)) all.push(...entries);
  return Object.fromEntries(all);
}

/** What every snapshot store must do. */
function behavesAsSnapshotStore(open: () => SnapshotStore): void {
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

describe('a snapshot store in memory', () => {
  behavesAsSnapshotStore(() => new MemorySnapshotStore());

  it('has another name after it lost everything', async () => {
    const store = new MemorySnapshotStore();
    const before = await store.dataSet();
    store.lose();
    expect(await store.dataSet()).not.toBe(before);
  });
});

const describeRedis = REDIS_MISSING ? describe.skip : describe;
describeRedis(`a snapshot store in Redis${REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : ''}`, () => {
  let redis: RedisProcess;
  let count = 0;
  const open = () => new RedisSnapshotStore(redis.url, logger, `test:${count++}:`);
  beforeAll(async () => {
    redis = await RedisProcess.start();
  }, 20_000);
  afterAll(() => redis?.remove());

  behavesAsSnapshotStore(open);

  it('gives its name and entries to the next process', async () => {
    const [one, two] = [
      new RedisSnapshotStore(redis.url, logger, 'test:shared:'),
      new RedisSnapshotStore(redis.url, logger, 'test:shared:'),
    ];
    const name = await one.dataSet();
    await one.save('documents', [['a', '1']], []);
    expect([await two.dataSet(), await everything(two, 'documents')]).toEqual([name, { a: '1' }]);
    await one.close();
    await two.close();
  });

  it('leaves foreign data alone and says what is wrong with it', async () => {
    const client = new Redis(redis.url);
    await client.set('test:foreign:documents', 'not ours');
    const store = new RedisSnapshotStore(redis.url, logger, 'test:foreign:');
    await expect(everything(store, 'documents')).rejects.toThrow('WRONGTYPE');
    await expect(store.save('documents', [['a', '1']], [])).rejects.toThrow('WRONGTYPE');
    expect(await client.get('test:foreign:documents')).toBe('not ours');
    client.disconnect();
    await store.close();
  });

  it('fails at once while Redis is away and works again when it is back, under another name', async () => {
    const store = open();
    const before = await store.dataSet();
    await redis.kill();
    const started = Date.now();
    await expect(store.save('documents', [['a', '1']], [])).rejects.toThrow();
    await expect(store.dataSet()).rejects.toThrow();
    expect(Date.now() - started).toBeLessThan(1_000);
    await redis.run();
    for (let tries = 0; ; tries++) {
      const name = await store.dataSet().catch(() => undefined);
      if (name !== undefined) {
        expect(name).not.toBe(before);
        break;
      }
      expect(tries).toBeLessThan(100);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await store.close();
  }, 20_000);
});
