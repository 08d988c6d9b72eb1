import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HandoutReply, TRACKER_PATTERNS } from '@pageswarm/contracts';
import { parseMagnet } from '@pageswarm/torrent';
import type { RunningTracker } from '@pageswarm/tracker';
import { makeDocument, startTestTracker, TestPeer } from './tracker-nodes.ts';

const book = makeDocument('Física Quântica.pdf', 1);
const paper = makeDocument('annual report.pdf', 2);

describe('a tracker and its peers', () => {
  let tracker: RunningTracker;
  const peers: TestPeer[] = [];
  const peer = async () => {
    const made = await new TestPeer(tracker.transport).listen();
    peers.push(made);
    return made;
  };
  const joined = async (...documents: ReturnType<typeof makeDocument>[]) => {
    const made = await peer();
    await made.join();
    if (documents.length > 0) await made.announce(...documents);
    return made;
  };
  beforeEach(async () => {
    tracker = await startTestTracker();
  });
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((one) => one.close()));
    await tracker.close();
  });

  it('lists what a peer announces at once, for search, lookup and hosts', async () => {
    const ann = await peer();
    expect(await ann.join()).toMatchObject({ leaseMs: 3_000, heartbeatMs: 1_200, reachable: true, address: `127.0.0.1:${ann.port}` });
    const { id } = book.announcement;
    expect((await ann.announce(book)).documents).toMatchObject([{ id, name: 'Física Quântica.pdf', addedBy: ann.peerId }]);
    const bob = await joined(paper);
    expect((await bob.search('fisica')).map((document) => document.id)).toEqual([id]);
    expect(await bob.search('')).toHaveLength(2);
    const document = await bob.client.request(TRACKER_PATTERNS.get, { id: book.announcement.infoHashV1 });
    expect(document).toMatchObject({ id, pages: 2, words: [3, 4], hosts: [{ peerId: ann.peerId, complete: true }] });
    const handout = await bob.client.request<HandoutReply>(TRACKER_PATTERNS.hosts, { id });
    expect(handout.hosts).toMatchObject([{ peerId: ann.peerId, address: `127.0.0.1:${ann.port}`, pieces: 7 }]);
    expect((await ann.client.request<HandoutReply>(TRACKER_PATTERNS.hosts, { id })).hosts).toEqual([]);
  });

  it('refuses whoever holds no lease, and what contradicts the catalog', async () => {
    await joined(book);
    const eve = await peer();
    await expect(eve.announce(paper)).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' });
    await expect(eve.renew()).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' });
    await eve.join();
    const lie = { announcement: { ...book.announcement, md5: paper.announcement.md5 } };
    const refused = [{ id: lie.announcement.id, code: 'INVALID_REQUEST', detail: expect.stringContaining('md5') }];
    expect(await eve.announce(lie)).toMatchObject({ documents: [], refused });
    expect((await eve.announce(lie, paper)).documents).toMatchObject([{ id: paper.announcement.id }]);
    await expect(eve.client.request(TRACKER_PATTERNS.announce, { documents: [] })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(eve.client.request(TRACKER_PATTERNS.get, { id: 'ab'.repeat(32) })).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
  });

  it('does not list a peer that it cannot reach until it can', async () => {
    const ann = await peer();
    expect(await ann.join({ port: 1 })).toMatchObject({ reachable: false });
    await ann.announce(book);
    expect(await ann.search('fisica')).toMatchObject([{ hosts: [] }]);
    expect(await ann.renew()).toMatchObject({ reachable: false });
    expect(await ann.join()).toMatchObject({ reachable: true });
    expect(await ann.search('fisica')).toMatchObject([{ hosts: [{ peerId: ann.peerId }] }]);
  });

  it('does not take another peer at the address for the one that announced it', async () => {
    const [ann, eve] = [await joined(), await peer()];
    expect(await eve.join({ port: ann.port })).toMatchObject({ reachable: false });
  });

  it('counts progress, completion and withdrawal', async () => {
    const ann = await joined(book);
    const bob = await joined();
    const { id } = book.announcement;
    await bob.announce({ announcement: { ...book.announcement, name: 'copy.pdf', complete: false, have: 0 } });
    await bob.client.request(TRACKER_PATTERNS.progress, { id, have: 3, complete: false });
    expect(await ann.search('copy')).toMatchObject([
      { name: 'Física Quântica.pdf', aliases: ['copy.pdf'], hosts: [{}, { complete: false, pieces: 3 }] },
    ]);
    await bob.client.request(TRACKER_PATTERNS.progress, { id, have: 7, complete: true });
    expect(await ann.search('copy')).toMatchObject([{ completed: 1, hosts: [{ complete: true }, { complete: true }] }]);
    await ann.client.request(TRACKER_PATTERNS.withdraw, { ids: [id] });
    expect(await ann.search('copy')).toMatchObject([{ hosts: [{ peerId: bob.peerId }] }]);
    await bob.client.request(TRACKER_PATTERNS.withdraw, { ids: [id] });
    expect(await ann.search('')).toEqual([]);
  });

  it('keeps a document listed without hosts when its peer leaves', async () => {
    const ann = await joined(book);
    const bob = await joined();
    await ann.client.request(TRACKER_PATTERNS.leave, {});
    expect(await bob.search('')).toMatchObject([{ id: book.announcement.id, hosts: [] }]);
  });

  it('forgets a peer that stops renewing, and keeps one that goes on', async () => {
    const ann = await joined(book);
    const bob = await joined(paper);
    for (let beat = 0; beat < 4; beat++) {
      await sleep(1_000);
      await bob.renew();
    }
    const hosts = Object.fromEntries((await bob.search('')).map(({ id, hosts: listed }) => [id, listed.map((host) => host.peerId)]));
    expect(hosts).toEqual({ [book.announcement.id]: [], [paper.announcement.id]: [bob.peerId] });
    await expect(ann.renew()).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' });
  }, 15_000);
});

describe('a tracker with a swarm key', () => {
  it('lists peers that know it and lets nobody else in', async () => {
    const swarmKey = 'a key of enough letters';
    const tracker = await startTestTracker({ PAGESWARM_SWARM_KEY: swarmKey });
    const ann = await new TestPeer(tracker.transport, { swarmKey }).listen();
    const eve = await new TestPeer(tracker.transport, { swarmKey: 'some other secret' }).listen();
    expect(await ann.join()).toMatchObject({ reachable: true });
    await expect(eve.join()).rejects.toMatchObject({ code: 'HANDSHAKE_FAILED' });
    // Who knows the key but stands at an address of somebody who does not is not listed.
    expect(await ann.join({ port: eve.port })).toMatchObject({ reachable: false });
    await Promise.all([ann.close(), eve.close()]);
    await tracker.close();
  });
});

const HAS_IPV6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
const itIpv6 = HAS_IPV6 ? it : it.skip;

describe('a tracker on IPv6', () => {
  itIpv6(`tells addresses with brackets${HAS_IPV6 ? '' : ' (skipped: this machine has no ::1)'}`, async () => {
    const tracker = await startTestTracker({ PAGESWARM_TRANSPORT_HOST: '::1', PAGESWARM_HTTP_HOST: '::1' });
    const ann = await new TestPeer(tracker.transport, { host: '::1' }).listen();
    expect(await ann.join({ http: 4_321 })).toMatchObject({ reachable: true, address: `[::1]:${ann.port}` });
    await ann.announce(book);
    expect(await ann.search('')).toMatchObject([{ hosts: [{ address: `[::1]:${ann.port}`, httpAddress: '[::1]:4321' }] }]);
    const base = `http://[::1]:${tracker.http.port}`;
    const magnet = await (await fetch(`${base}/api/v1/documents/${book.announcement.id}/magnet`)).text();
    expect(parseMagnet(magnet)).toMatchObject({
      trackers: [`${base}/announce`],
      webSeeds: [`http://[::1]:4321/api/v1/documents/${book.announcement.id}/content`],
    });
    await ann.close();
    await tracker.close();
  });
});
