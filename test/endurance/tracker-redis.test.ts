import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { waitUntil } from '@pageswarm/testing';
import { RedisConnection, RedisSnapshotStore, type RunningTracker } from '@pageswarm/tracker';
import { Redis } from 'ioredis';
import { REDIS_MISSING, RedisProcess } from '../medium/redis-process.ts';
import { makeDocument, startTestTracker, TestPeer } from '../medium/tracker-nodes.ts';

const PREFIX = 'pageswarm:tracker:2:';
const DOCUMENTS = Array.from({ length: 200 }, (_, n) => makeDocument(`kept ${n}.pdf`, n, 20_000 + n));
const [FIRST, LATER] = [DOCUMENTS.slice(0, 20), DOCUMENTS.slice(20)];
const RECOVERY_MS = 20_000;
const FAULT_MS = 1_500;
/** Longer than a command may take, so that the pause is met by commands under way and by ones that give up. */
const PAUSE_MS = 5_000;
/** What a busy machine may add to one announce; a tenth of what Redis makes its own clients wait. */
const MAX_WAIT_MS = 500;

interface Fault {
  readonly name: string;
  begin(admin: Redis, redis: RedisProcess): Promise<unknown>;
  end(admin: Redis, redis: RedisProcess): Promise<unknown>;
  /** What /readyz says while it lasts. */
  readonly detail: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'slow: it holds every command back for 5 s',
    begin: (admin) => admin.call('CLIENT', 'PAUSE', String(PAUSE_MS), 'ALL'),
    end: () => sleep(PAUSE_MS),
    detail: /Redis: .*(timed out|timeout)/i,
  },
  {
    name: 'frozen',
    begin: async (_, redis) => redis.freeze(),
    end: async (_, redis) => redis.thaw(),
    detail: /Redis: .*(timed out|timeout)/i,
  },
  {
    name: 'full: it takes no more',
    begin: async (admin) => admin.config('SET', 'maxmemory-policy', 'noeviction').then(() => admin.config('SET', 'maxmemory', '100kb')),
    end: (admin) => admin.config('SET', 'maxmemory', '0'),
    detail: /Redis: .*OOM/,
  },
  {
    name: 'down, and empty when it comes back',
    begin: (_, redis) => redis.kill(),
    end: (_, redis) => redis.run(),
    detail: /Redis: /,
  },
  {
    name: 'emptied by somebody',
    begin: (admin) => admin.flushall().then(() => admin.set(`${PREFIX}documents`, 'not ours')),
    end: (admin) => admin.del(`${PREFIX}documents`),
    detail: /Redis: .*WRONGTYPE/,
  },
  {
    name: 'taken by others: a text where our hash was',
    begin: (admin) => admin.set(`${PREFIX}documents`, 'not ours'),
    // The name of the data set is gone with the rest, as after any other loss.
    end: (admin) => admin.del(`${PREFIX}documents`, `${PREFIX}data-set`),
    detail: /Redis: .*WRONGTYPE/,
  },
];

const describeRedis = REDIS_MISSING ? describe.skip : describe;
describeRedis(`a tracker whose Redis fails${REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : ''}`, () => {
  const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
  let redis: RedisProcess;
  let admin: Redis;
  let tracker: RunningTracker;
  let peer: TestPeer;

  const readyz = async () =>
    (await (await fetch(`http://127.0.0.1:${tracker.http.port}/readyz`)).json()) as {
      ready: boolean;
      checks: { snapshot: { ok: boolean; detail: string } };
    };
  const metric = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${tracker.http.port}/metrics`)).text();
    return Number(new RegExp(`^pageswarm_tracker_${name}(?:\\{[^}]*\\})? (.+)$`, 'm').exec(text)?.[1]);
  };
  const documentsInRedis = async () => {
    const store = new RedisSnapshotStore(new RedisConnection(redis.url, logger), PREFIX);
    let count = 0;
    for await (const entries of store.load('documents')) count += entries.length;
    await store.close();
    return count;
  };
  /** Milliseconds of each announce and each search, one after the other, for as long as asked. */
  const timesFor = async (ms: number, documents: typeof DOCUMENTS) => {
    const times: number[] = [];
    for (const until = performance.now() + ms; performance.now() < until; )
      for (const document of documents) {
        for (const ask of [() => peer.announce(document), () => peer.search('kept 3', 5)]) {
          const started = performance.now();
          await ask();
          times.push(performance.now() - started);
        }
        await sleep(2);
      }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(share * times.length)] as number;
    return { count: times.length, p50: at(0.5), p99: at(0.99), most: times.at(-1) as number };
  };

  beforeAll(async () => {
    redis = await RedisProcess.start();
  }, 20_000);
  beforeEach(async () => {
    admin = new Redis(redis.url);
    tracker = await startTestTracker({ PAGESWARM_REDIS_URL: redis.url, PAGESWARM_LEASE_MS: '60000' });
    peer = await new TestPeer(tracker.transport).listen();
    await peer.join();
    for (const document of FIRST) await peer.announce(document);
    await waitUntil('the first documents are saved', RECOVERY_MS, async () => (await documentsInRedis()) === FIRST.length);
  }, 60_000);
  afterEach(async () => {
    await peer.close();
    await tracker.close();
    admin.disconnect();
    await redis.kill();
    await redis.run();
  }, 60_000);
  afterAll(() => redis?.remove());

  it.each(FAULTS)(
    'waits for nothing, says so, and catches up when it is $name',
    async ({ name, begin, end, detail }) => {
      const quiet = await timesFor(FAULT_MS, FIRST);
      const failures = await metric('snapshot_failures_total');
      await begin(admin, redis);
      const during = await timesFor(FAULT_MS, LATER);
      process.stdout.write(
        `tracker-redis, ${name}: p99 ${during.p99.toFixed(1)} ms, most ${during.most.toFixed(1)} ms of ${during.count}; before p99 ${quiet.p99.toFixed(1)} ms, most ${quiet.most.toFixed(1)} ms\n`,
      );
      await waitUntil('the state shows', RECOVERY_MS, async () => !(await readyz()).checks.snapshot.ok);
      expect(await readyz()).toMatchObject({ ready: true, checks: { snapshot: { ok: false, detail: expect.stringMatching(detail) } } });
      expect([await metric('snapshot_up'), await metric('snapshot_failures_total')]).toEqual([0, expect.any(Number)]);
      expect(await metric('snapshot_failures_total')).toBeGreaterThan(failures);
      expect(await metric('snapshot_pending_entries')).toBeGreaterThan(0);
      expect(await metric('snapshot_lag_seconds')).toBeGreaterThan(0);
      expect(during.p99).toBeLessThan(Math.max(50, 5 * quiet.p99));
      expect(during.most).toBeLessThan(MAX_WAIT_MS);
      await end(admin, redis);
      await waitUntil('the copy is whole again', RECOVERY_MS, async () => (await documentsInRedis()) === DOCUMENTS.length);
      await waitUntil('it says so', RECOVERY_MS, async () => (await readyz()).checks.snapshot.ok);
      expect([await metric('snapshot_up'), await metric('snapshot_pending_entries')]).toEqual([1, 0]);
    },
    90_000,
  );

  it('reads what is its own among entries of others, counts those, and leaves them alone', async () => {
    await tracker.close();
    await admin.hset(`${PREFIX}documents`, Buffer.alloc(32, 1), Buffer.from('{"name": "theirs"}'), 'theirs', 'too');
    await admin.hset(`${PREFIX}peers`, 'theirs', 'as well');
    await admin.xadd(`${PREFIX}changes`, '*', 'documents', 'nothing of ours');
    await admin.sadd(`${PREFIX}trackers`, 'nobody');
    tracker = await startTestTracker({ PAGESWARM_REDIS_URL: redis.url });
    expect([tracker.parts.catalog.size, tracker.parts.hosts.size]).toEqual([FIRST.length, 1]);
    expect(await readyz()).toMatchObject({ checks: { snapshot: { ok: true, detail: expect.stringContaining('3 of its entries') } } });
    expect(await metric('snapshot_unreadable_entries')).toBe(3);
    expect(await admin.hget(`${PREFIX}documents`, 'theirs')).toBe('too');
  }, 30_000);
});
