import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type HandoutReply, TRACKER_PATTERNS } from '@pageswarm/contracts';
import type { DocumentId } from '@pageswarm/primitives';
import type { RunningTracker } from '@pageswarm/tracker';
import { REDIS_MISSING, RedisProcess } from './redis-process.ts';
import { makeDocument, startTestTracker, type TestDocument, TestPeer } from './tracker-nodes.ts';

const STEP_MS = 100;
/** One step writes, one reads; a busy machine takes its time. */
const LAG_MS = 3_000;
const book = makeDocument('book.pdf', 1);
const paper = makeDocument('paper.pdf', 2);

async function until(what: string, test: () => boolean | Promise<boolean>, timeoutMs = LAG_MS): Promise<void> {
  for (const started = Date.now(); !(await test()); await sleep(10))
    if (Date.now() - started > timeoutMs) throw new Error(`never within ${timeoutMs} ms: ${what}`);
}

const describeRedis = REDIS_MISSING ? describe.skip : describe;
describeRedis(`two trackers on one Redis${REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : ''}`, () => {
  let redis: RedisProcess;
  const closing: (() => Promise<void>)[] = [];
  const start = async () => {
    const env = { PAGESWARM_REDIS_URL: redis.url, PAGESWARM_SNAPSHOT_INTERVAL_MS: String(STEP_MS) };
    const tracker = await startTestTracker(env);
    closing.push(() => tracker.close());
    return tracker;
  };
  const joined = async (tracker: RunningTracker, ...documents: (TestDocument | { announcement: TestDocument['announcement'] })[]) => {
    const peer = await new TestPeer(tracker.transport).listen();
    closing.push(() => peer.close());
    await peer.join();
    if (documents.length > 0) await peer.announce(...documents);
    return peer.keepRenewing();
  };
  const idOf = (document: TestDocument) => document.announcement.id as DocumentId;
  const hostsAt = (tracker: RunningTracker, document: TestDocument) => {
    const record = tracker.parts.catalog.get(idOf(document));
    const living = [...(record?.holdings.keys() ?? [])].filter((peerId) => tracker.parts.hosts.get(peerId)?.state === 'live');
    return record && living.sort();
  };
  const hosted = (tracker: RunningTracker, document: TestDocument, ...peers: TestPeer[]) =>
    until(`${document.announcement.name} has ${peers.length} hosts`, () => {
      const wanted = peers.map(({ peerId }) => peerId).sort();
      return JSON.stringify(hostsAt(tracker, document)) === JSON.stringify(wanted);
    });
  const gone = (tracker: RunningTracker, document: TestDocument) =>
    until(`${document.announcement.name} is gone`, () => !tracker.parts.catalog.get(idOf(document)));
  const writes = async (tracker: RunningTracker, during: () => Promise<unknown>) => {
    const before = tracker.parts.snapshotter.status().savedEntries;
    await during();
    return tracker.parts.snapshotter.status().savedEntries - before;
  };

  beforeAll(async () => {
    redis = await RedisProcess.start();
  }, 20_000);
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await redis.kill();
    await redis.run();
  }, 30_000);
  afterAll(() => redis?.remove());

  it('find and hand out what was announced at the other, and hear of every change', async () => {
    const [a, b] = [await start(), await start()];
    const ann = await joined(a, book);
    await hosted(b, book, ann);
    const bob = await joined(b);
    expect(await bob.search('book')).toMatchObject([{ hosts: [{ peerId: ann.peerId, address: `127.0.0.1:${ann.port}`, complete: true }] }]);
    const { hosts } = await bob.client.request<HandoutReply>(TRACKER_PATTERNS.hosts, { id: idOf(book) });
    expect(hosts.map(({ peerId }) => peerId)).toEqual([ann.peerId]);
    // Bob's copy, under another name, is known at both, and his progress too.
    await bob.announce({ announcement: { ...book.announcement, name: 'copy.pdf', complete: false, have: 1 } });
    await hosted(a, book, ann, bob);
    expect(a.parts.catalog.get(idOf(book))).toMatchObject({ name: 'book.pdf', aliases: ['copy.pdf'] });
    await bob.client.request(TRACKER_PATTERNS.progress, { id: idOf(book), have: 7, complete: true });
    await until('the copy is complete', () => a.parts.catalog.get(idOf(book))?.holdings.get(bob.peerId)?.complete === true);
    expect(a.parts.catalog.get(idOf(book))?.completed).toBe(1);
    await ann.client.request(TRACKER_PATTERNS.withdraw, { ids: [idOf(book)] });
    await hosted(b, book, bob);
    await bob.client.request(TRACKER_PATTERNS.leave, {});
    await hosted(a, book);
    await ann.announce(paper);
    await hosted(b, paper, ann);
    await ann.client.request(TRACKER_PATTERNS.withdraw, { ids: [idOf(paper)] });
    await gone(b, paper);
  }, 20_000);

  it('write nothing when nothing changes, whoever told them what', async () => {
    const [a, b] = [await start(), await start()];
    const ann = await joined(a, book);
    const bob = await joined(b, { announcement: { ...book.announcement, name: 'copy.pdf' } }, paper);
    await Promise.all([hosted(a, book, ann, bob), hosted(b, book, ann, bob), hosted(a, paper, bob)]);
    await sleep(6 * STEP_MS);
    expect(await writes(a, () => writes(b, () => sleep(6 * STEP_MS)).then((count) => expect(count).toBe(0)))).toBe(0);
  }, 20_000);

  it('agree on one name when a document is announced at both at once', async () => {
    const [a, b] = [await start(), await start()];
    const other = {
      ...book.announcement,
      name: 'other.pdf',
      infoHashV1: paper.announcement.infoHashV1,
      infoHashV2: paper.announcement.infoHashV2,
    };
    const [ann, bob] = await Promise.all([joined(a, book), joined(b, { announcement: other })]);
    await Promise.all([hosted(a, book, ann, bob), hosted(b, book, ann, bob)]);
    const [here, there] = [a, b].map((tracker) => tracker.parts.catalog.get(idOf(book)));
    expect([here?.name, here?.infoHashV1, here?.aliases]).toEqual([there?.name, there?.infoHashV1, there?.aliases]);
    expect([here?.name, ...(here?.aliases ?? [])].sort()).toEqual(['book.pdf', 'other.pdf']);
  }, 20_000);

  it('drop what an admin removes, and a peer that an admin forgets, at both', async () => {
    const [a, b] = [await start(), await start()];
    const [ann, bob] = [await joined(a, book), await joined(b, book)];
    await Promise.all([hosted(a, book, ann, bob), hosted(b, book, ann, bob)]);
    const api = (tracker: RunningTracker, path: string) =>
      fetch(`http://127.0.0.1:${tracker.http.port}/api/v1/${path}`, { method: 'DELETE' });
    const answer = await api(a, `documents/${idOf(book)}`);
    expect([answer.status, await answer.text()]).toEqual([204, '']);
    await gone(b, book);
    await sleep(5 * STEP_MS);
    expect([a, b].map((tracker) => tracker.parts.catalog.size)).toEqual([0, 0]);
    await bob.close();
    expect((await api(a, `peers/${bob.peerId}`)).status).toBe(204);
    await until('the peer is forgotten', () => !b.parts.hosts.get(bob.peerId));
  }, 20_000);

  it('keep out whom an admin bans at one of them, until the ban is lifted', async () => {
    const [a, b] = [await start(), await start()];
    const eve = await joined(b, book);
    await hosted(a, book, eve);
    const answer = await fetch(`http://127.0.0.1:${a.http.port}/api/v1/bans/peers/${eve.peerId}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'noise' }),
    });
    expect(answer.status).toBe(200);
    await until('the peer is gone at both', () => !a.parts.hosts.get(eve.peerId) && !b.parts.hosts.get(eve.peerId));
    await until('the other keeps it out', () => b.parts.bans.ofPeer(eve.peerId) === 'noise');
    await expect(eve.join()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(a.parts.bans.lift('peer', eve.peerId)).toBe(true);
    await until('the ban is lifted', () => b.parts.bans.ofPeer(eve.peerId) === undefined);
    expect(await eve.join()).toMatchObject({ reachable: true });
  }, 20_000);

  it('take no host for living on the word of one that was killed before they started', async () => {
    const a = await start();
    const dead = await joined(a, book);
    await until('it is saved', () => a.parts.snapshotter.status().pending === 0 && a.parts.snapshotter.status().savedEntries > 1);
    // A tracker that is killed says nothing more, not even that it ends; its mark stays for a while.
    const { changes } = (a.parts.sharing as unknown as { parts: { changes: { beat: () => Promise<boolean> } } }).parts;
    changes.beat = async () => {
      throw new Error('killed');
    };
    await dead.close();
    const b = await start();
    expect([b.parts.catalog.size, b.parts.hosts.get(dead.peerId)?.state]).toEqual([1, 'unconfirmed']);
    for (let step = 0; step < 5; step++, await sleep(STEP_MS)) expect(hostsAt(b, book)).toEqual([]);
    expect(b.parts.sharing?.trackerCount).toBe(0);
  }, 20_000);

  it('hear at once of one that ends in order', async () => {
    const [a, b] = [await start(), await start()];
    const ann = await joined(a, book);
    await hosted(b, book, ann);
    await ann.close();
    await a.close();
    await until('the host is not listed', () => hostsAt(b, book)?.length === 0);
    expect(b.parts.sharing?.trackerCount).toBe(0);
  }, 20_000);

  it('go on with their own peers while Redis is away, and share again afterwards', async () => {
    const [a, b] = [await start(), await start()];
    const ann = await joined(a, book);
    await hosted(b, book, ann);
    await redis.kill();
    const bob = await joined(b, paper);
    expect(hostsAt(b, paper)).toEqual([bob.peerId]);
    expect(a.parts.catalog.size).toBe(1);
    await redis.run();
    await until('they share again', () => a.parts.catalog.size === 2 && hostsAt(a, paper)?.length === 1, 10_000);
    await hosted(b, book, ann);
  }, 30_000);

  it('read everything when they missed too much', async () => {
    const [a, b] = [await start(), await start()];
    const ann = await joined(a, book);
    await hosted(b, book, ann);
    const { changes } = (b.parts.sharing as unknown as { parts: { changes: { position: string } } }).parts;
    const before = changes.position;
    await ann.announce(paper);
    await hosted(b, paper, ann);
    b.parts.catalog.remove(idOf(paper));
    changes.position = `1-${before.length}`;
    await hosted(b, paper, ann);
  }, 20_000);
});
