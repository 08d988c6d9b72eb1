import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { MemorySnapshotStore, RedisConnection, RedisSnapshotStore } from '@pageswarm/tracker';
import { Redis } from 'ioredis';
import { REDIS_MISSING, RedisProcess } from './redis-process.ts';
import { behavesAsSnapshotStore, entry, everything } from './snapshot-store.contract.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });

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
  const connect = (prefix: string) => new RedisSnapshotStore(new RedisConnection(redis.url, logger), prefix);
  const open = () => connect(`test:${count++}:`);
  beforeAll(async () => {
    redis = await RedisProcess.start();
  }, 20_000);
  afterAll(() => redis?.remove());

  behavesAsSnapshotStore(open);

  it('gives its name and entries to the next process', async () => {
    const [one, two] = [connect('test:shared:'), connect('test:shared:')];
    const name = await one.dataSet();
    await one.save('documents', [entry('a', '1')], []);
    expect([await two.dataSet(), await everything(two, 'documents')]).toEqual([name, { a: '1' }]);
    await one.close();
    await two.close();
  });

  it('leaves foreign data alone and says what is wrong with it', async () => {
    const client = new Redis(redis.url);
    await client.set('test:foreign:documents', 'not ours');
    const store = connect('test:foreign:');
    await expect(everything(store, 'documents')).rejects.toThrow('WRONGTYPE');
    await expect(store.save('documents', [entry('a', '1')], [])).rejects.toThrow('WRONGTYPE');
    expect(await client.get('test:foreign:documents')).toBe('not ours');
    client.disconnect();
    await store.close();
  });

  it('fails at once while Redis is away and works again when it is back, under another name', async () => {
    const store = open();
    const before = await store.dataSet();
    await redis.kill();
    const started = Date.now();
    await expect(store.save('documents', [entry('a', '1')], [])).rejects.toThrow();
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
