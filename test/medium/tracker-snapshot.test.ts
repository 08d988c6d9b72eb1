import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type HandoutReply, TRACKER_PATTERNS } from '@pageswarm/contracts';
import type { RunningTracker } from '@pageswarm/tracker';
import { REDIS_MISSING, RedisProcess } from './redis-process.ts';
import { makeDocument, startTestTracker, TestPeer } from './tracker-nodes.ts';

const DOCUMENTS = Array.from({ length: 40 }, (_, n) => makeDocument(`kept ${n}.pdf`, n, 20_000 + n));

async function until(what: string, test: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  for (const started = Date.now(); !(await test()); await sleep(20))
    if (Date.now() - started > timeoutMs) throw new Error(`never: ${what}`);
}

const describeRedis = REDIS_MISSING ? describe.skip : describe;
describeRedis(`a tracker with Redis${REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : ''}`, () => {
  let redis: RedisProcess;
  const trackers: RunningTracker[] = [];
  const peers: TestPeer[] = [];
  const start = async (port?: number, httpPort?: number) => {
    const tracker = await startTestTracker({
      PAGESWARM_REDIS_URL: redis.url,
      ...(port !== undefined && { PAGESWARM_TRANSPORT_PORT: String(port) }),
      ...(httpPort !== undefined && { PAGESWARM_HTTP_PORT: String(httpPort) }),
    });
    trackers.push(tracker);
    return tracker;
  };
  const join = async (tracker: RunningTracker) => {
    const peer = await new TestPeer(tracker.transport).listen();
    peers.push(peer);
    await peer.join();
    return peer.keepRenewing();
  };
  const announceAll = async (peer: TestPeer, documents = DOCUMENTS) => {
    for (let at = 0; at < documents.length; at += 32) await peer.announce(...documents.slice(at, at + 32));
  };
  const saved = (tracker: RunningTracker) =>
    until('everything is saved', async () => {
      await tracker.parts.snapshotter.step();
      const { state, pending } = tracker.parts.snapshotter.status();
      return state === 'ok' && pending === 0;
    });
  const readiness = async (tracker: RunningTracker) =>
    (await (await fetch(`http://127.0.0.1:${tracker.http.port}/readyz`)).json()) as {
      ready: boolean;
      checks: { snapshot: { ok: boolean; detail: string } };
    };

  beforeAll(async () => {
    redis = await RedisProcess.start();
  }, 20_000);
  afterEach(async () => {
    redis.thaw();
    await Promise.all(peers.splice(0).map((peer) => peer.close()));
    await Promise.all(trackers.splice(0).map((tracker) => tracker.close()));
    await redis.kill();
    await redis.run();
  }, 30_000);
  afterAll(() => redis?.remove());

  it('is complete when it is ready again, and finds the hosts that are still there by itself', async () => {
    const first = await start();
    const [stays, gone] = [await join(first), await join(first)];
    await announceAll(stays);
    await announceAll(gone, DOCUMENTS.slice(0, 5));
    await stays.client.request(TRACKER_PATTERNS.withdraw, { ids: [DOCUMENTS[39]?.announcement.id] });
    await saved(first);
    await first.close();
    await gone.close();

    const second = await start(first.transport.port);
    expect(second.parts.catalog.size).toBe(39);
    await until('the living host is confirmed', () => second.parts.hosts.get(stays.peerId)?.state === 'live');
    const asker = await join(second);
    const found = await asker.search('kept 3');
    expect(found[0]).toMatchObject({ name: 'kept 3.pdf', hosts: [{ peerId: stays.peerId }], addedBy: stays.peerId });
    const id = DOCUMENTS[0]?.announcement.id;
    expect((await asker.client.request<HandoutReply>(TRACKER_PATTERNS.hosts, { id })).hosts.map(({ peerId }) => peerId)).toEqual([
      stays.peerId,
    ]);
    await until('the ghost expires', () => second.parts.hosts.get(gone.peerId) === undefined, 8_000);
    expect(second.parts.catalog.get(id as never)?.holdings.size).toBe(1);
  }, 30_000);

  it('takes the renewal of a restored peer for its word', async () => {
    const first = await start();
    const { port } = first.transport;
    const peer = await join(first);
    await announceAll(peer);
    await saved(first);
    await first.close();
    const second = await start(port);
    expect(await peer.renew()).toMatchObject({ reachable: true });
    expect(second.parts.hosts.get(peer.peerId)?.state).toBe('live');
  }, 30_000);

  it('serves on while Redis is dead or frozen, says so, and catches up', async () => {
    const tracker = await start();
    const peer = await join(tracker);
    await announceAll(peer, DOCUMENTS.slice(0, 10));
    await saved(tracker);
    for (const [away, back] of [
      [() => redis.kill(), () => redis.run()],
      [async () => redis.freeze(), async () => redis.thaw()],
    ] as const) {
      await away();
      const started = Date.now();
      await announceAll(peer);
      expect(await peer.search('kept', 200)).toHaveLength(DOCUMENTS.length);
      expect(Date.now() - started).toBeLessThan(1_000);
      await until('the failure shows', async () => !(await readiness(tracker)).checks.snapshot.ok, 12_000);
      expect(await readiness(tracker)).toMatchObject({ ready: true, checks: { snapshot: { detail: expect.stringContaining('Redis') } } });
      const withdrawn = DOCUMENTS[1]?.announcement.id;
      await peer.client.request(TRACKER_PATTERNS.withdraw, { ids: [withdrawn] });
      await back();
      await until('it recovers', async () => (await readiness(tracker)).checks.snapshot.ok, 15_000);
      await saved(tracker);
      const copy = await start();
      expect([...copy.parts.catalog.all()].map(({ id }) => id).sort()).toEqual(
        DOCUMENTS.map(({ announcement }) => announcement.id)
          .filter((id) => id !== withdrawn)
          .sort(),
      );
      await copy.close();
      await announceAll(peer);
    }
  }, 60_000);

  it('reads the copy of a Redis that was away when it started, and keeps what came meanwhile', async () => {
    const first = await start();
    const peer = await join(first);
    await announceAll(peer, DOCUMENTS.slice(0, 10));
    await saved(first);
    await first.close();
    redis.freeze();
    const started = Date.now();
    const starting = start(undefined, first.http.port);
    const base = `http://127.0.0.1:${first.http.port}`;
    await until('it tells that it waits', async () => (await fetch(`${base}/readyz`).catch(() => undefined))?.status === 503);
    expect(await (await fetch(`${base}/readyz`)).json()).toMatchObject({ ready: false, checks: { catalog: { ok: false } } });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${base}/api/v1/documents`)).json()).toMatchObject({ code: 'STARTING' });
    expect(await (await fetch(`${base}/announce?info_hash=${'%aa'.repeat(20)}&peer_id=${'x'.repeat(20)}&port=1&left=1`)).text()).toContain(
      'this tracker is starting',
    );
    const second = await starting;
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(await readiness(second)).toMatchObject({ ready: true, checks: { snapshot: { ok: false }, catalog: { ok: true } } });
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(/^pageswarm_tracker_snapshot_restored\{.*\} 0$/m);
    const other = await join(second);
    await announceAll(other, DOCUMENTS.slice(8, 12));
    redis.thaw();
    await until('both are there', () => second.parts.catalog.size === 12, 15_000);
    await saved(second);
    expect((await start()).parts.catalog.size).toBe(12);
  }, 60_000);
});
