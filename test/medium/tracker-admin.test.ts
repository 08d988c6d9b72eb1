import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readTrackerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import { bdecode, parseMetainfo } from '@pageswarm/torrent';
import { type RunningTracker, startTracker } from '@pageswarm/tracker';
import { makeDocument, TestPeer } from './tracker-nodes.ts';

const book = makeDocument('book.pdf', 1);
const paper = makeDocument('paper.pdf', 2);
const json = { 'content-type': 'application/json' };

/** A tracker whose warnings are kept. */
async function start(env: Record<string, string> = {}, end?: () => void) {
  const config = readTrackerConfig({
    PAGESWARM_HTTP_PORT: '0',
    PAGESWARM_TRANSPORT_PORT: '0',
    PAGESWARM_SHUTDOWN_GRACE_MS: '200',
    PAGESWARM_SNAPSHOT_INTERVAL_MS: '100',
    ...env,
  });
  const warnings: string[] = [];
  const logger = createLogger({ service: 'tracker', node: 'test', level: 'silent', format: 'json' });
  Object.assign(logger, { warn: (what: unknown, message?: string) => warnings.push(message ?? String(what)) });
  const tracker = await startTracker(config, logger, end);
  const base = `http://127.0.0.1:${tracker.http.port}`;
  const api = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const init = body ? { method, body: JSON.stringify(body), headers: { ...json, ...headers } } : { method, headers };
    const answer = await fetch(`${base}/api/v1/${path}`, init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const announce = async (infoHash: string, port: number, { peerId = '-XX0000-000000000000', more = '' } = {}) => {
    const query = `info_hash=${infoHash.slice(0, 40).replace(/../g, '%$&')}&peer_id=${peerId}&port=${port}&left=1${more}`;
    const answer = await fetch(`${base}/announce?${query}`);
    return bdecode(new Uint8Array(await answer.arrayBuffer())) as Map<string, unknown>;
  };
  const failure = (answer: Map<string, unknown>) => Buffer.from((answer.get('failure reason') as Uint8Array) ?? '').toString();
  return { tracker, base, api, announce, failure, warnings };
}

describe('the admin of a tracker', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const closed = (tracker: RunningTracker) => {
    closing.push(() => tracker.close());
    return tracker;
  };
  const peerOf = async (tracker: RunningTracker, ...documents: (typeof book)[]) => {
    const peer = await new TestPeer(tracker.transport).listen();
    closing.push(() => peer.close());
    await peer.join();
    if (documents.length > 0) await peer.announce(...documents);
    return peer;
  };

  it('bans peers of both kinds by id, and lifts bans', async () => {
    const { tracker, api, announce, failure, warnings } = await start();
    closed(tracker);
    const peer = await peerOf(tracker, book);
    expect((await api('PUT', `bans/peers/${peer.peerId}`, { reason: 'sends noise' })).body).toMatchObject({
      banned: 'peer',
      subject: peer.peerId,
    });
    expect((await api('GET', 'peers')).body.items).toEqual([]);
    await expect(peer.join()).rejects.toMatchObject({ code: 'FORBIDDEN', detail: expect.stringContaining('sends noise') });
    expect((await announce(book.announcement.infoHashV1, 1)).has('peers')).toBe(true);
    const id = Buffer.from('-XX0000-000000000000').toString('hex');
    expect((await api('PUT', `bans/peers/${id}`)).status).toBe(200);
    expect(tracker.parts.bittorrent.peerCount).toBe(0);
    expect(failure(await announce(book.announcement.infoHashV1, 1))).toBe('banned from this tracker');
    expect((await announce(book.announcement.infoHashV1, 1, { peerId: '-XX0000-000000000001' })).has('peers')).toBe(true);
    expect((await api('DELETE', `bans/peers/${peer.peerId}`)).status).toBe(204);
    expect((await api('DELETE', `bans/peers/${peer.peerId}`)).body).toMatchObject({ code: 'NOT_FOUND' });
    await peer.join();
    expect(warnings).toEqual(['peer banned by an admin', 'peer banned by an admin', 'ban lifted by an admin']);
  });

  it('bans addresses, forgets who is there, and remembers it over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pageswarm-bans-'));
    closing.push(() => rm(folder, { recursive: true }));
    const env = { PAGESWARM_SNAPSHOT_FILE: join(folder, 'snapshot') };
    const first = await start(env);
    const peer = await peerOf(first.tracker, book);
    await first.announce(book.announcement.infoHashV1, 1);
    expect((await first.api('PUT', 'bans/addresses/::ffff:127.0.0.1', { reason: 'noise' })).body).toMatchObject({
      subject: '127.0.0.1',
      reason: 'noise',
    });
    expect((await first.api('PUT', 'bans/addresses/nowhere')).body).toMatchObject({ code: 'INVALID_REQUEST' });
    expect([first.tracker.parts.bittorrent.peerCount, (await first.api('GET', 'peers')).body.items]).toEqual([0, []]);
    await peer.close();
    await first.tracker.close();
    const second = await start(env);
    closed(second.tracker);
    expect((await second.api('GET', 'bans')).body.items).toMatchObject([{ banned: 'address', subject: '127.0.0.1', reason: 'noise' }]);
    expect(second.failure(await second.announce(book.announcement.infoHashV1, 1))).toBe('banned from this tracker');
    const late = await new TestPeer(second.tracker.transport).listen();
    closing.push(() => late.close());
    await expect(late.join()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await second.api('DELETE', 'bans/addresses/127.0.0.1')).status).toBe(204);
    await late.join();
  });

  it('forgets everybody at an address, until they come back', async () => {
    const { tracker, api, announce, warnings } = await start();
    closed(tracker);
    const peer = await peerOf(tracker, book);
    await announce(book.announcement.infoHashV1, 1);
    await announce(book.announcement.infoHashV1, 2);
    expect((await api('DELETE', 'peers?address=127.0.0.1')).body).toEqual({ removed: 3 });
    expect((await api('DELETE', 'peers?address=127.0.0.1')).body).toEqual({ removed: 0 });
    expect((await api('DELETE', 'peers?address=x')).body).toMatchObject({ code: 'INVALID_REQUEST' });
    await peer.join();
    expect((await api('GET', 'peers')).body.items).toHaveLength(1);
    expect(warnings).toEqual(Array(2).fill('peers at an address forgotten by an admin'));
  });

  it('lists and tracks what is on the allow-list only, where it is in force', async () => {
    const { tracker, api, announce, failure, warnings } = await start({ PAGESWARM_ALLOW_LIST: '1' });
    closed(tracker);
    const { id, infoHashV1, infoHashV2 } = book.announcement;
    expect((await api('PUT', `allow-list/${id.toUpperCase()}`, { reason: 'ours' })).body).toMatchObject({ hash: id, reason: 'ours' });
    expect((await api('PUT', 'allow-list/xyz')).body).toMatchObject({ code: 'INVALID_ID' });
    const peer = await peerOf(tracker);
    const { documents, refused } = await peer.announce(book, paper);
    expect([documents.map((document) => document.id), refused]).toEqual([
      [id],
      [expect.objectContaining({ id: paper.announcement.id, code: 'FORBIDDEN' })],
    ]);
    expect((await announce(infoHashV1, 1)).has('peers')).toBe(true);
    expect(failure(await announce(paper.announcement.infoHashV1, 1))).toContain('not listed');
    await api('PUT', `allow-list/${paper.announcement.infoHashV2}`);
    expect((await announce(paper.announcement.infoHashV2, 1)).has('peers')).toBe(true);
    expect((await api('GET', 'allow-list')).body).toMatchObject({
      inForce: true,
      items: [{ hash: id }, { hash: paper.announcement.infoHashV2 }],
    });
    expect((await api('DELETE', `allow-list/${id}`)).status).toBe(204);
    expect((await api('GET', `documents/${id}`)).status).toBe(404);
    expect(failure(await announce(infoHashV2, 1))).toContain('not listed');
    expect((await api('DELETE', `allow-list/${id}`)).body).toMatchObject({ code: 'NOT_FOUND' });
    expect(warnings.filter((line) => line.includes('admin'))).toEqual([
      'allowed by an admin',
      'allowed by an admin',
      'taken off the allow-list by an admin',
    ]);
  });

  it('drains before it ends: not ready, nothing taken in, clients told when to come back', async () => {
    let ended = 0;
    const { tracker, base, api, announce, failure, warnings } = await start({}, () => ended++);
    closed(tracker);
    const peer = await peerOf(tracker, book);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    expect((await api('POST', 'drain', { ms: 600_001 })).body).toMatchObject({ code: 'INVALID_REQUEST' });
    const answer = await api('POST', 'drain', { ms: 60_000 });
    expect([answer.status, answer.body]).toEqual([202, { endsAt: expect.any(String) }]);
    expect((await fetch(`${base}/readyz`)).status).toBe(503);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const refused = await announce(book.announcement.infoHashV1, 1);
    expect([failure(refused), refused.get('retry in')]).toEqual(['this tracker is going away', 1]);
    await expect(peer.announce(paper)).rejects.toMatchObject({ code: 'GOING_AWAY' });
    await expect(peer.join()).rejects.toMatchObject({ code: 'GOING_AWAY' });
    expect((await api('GET', `documents/${book.announcement.id}`)).status).toBe(200);
    expect(ended).toBe(0);
    await api('POST', 'drain', { ms: 1 });
    for (let n = 0; ended === 0 && n < 200; n++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect([ended, warnings.includes('drained by an admin')]).toEqual([1, true]);
  });

  it('holds back an address that searches or announces too often', async () => {
    const { tracker, api, announce, failure, base } = await start({
      PAGESWARM_SEARCHES_PER_SECOND: '1',
      PAGESWARM_ANNOUNCES_PER_SECOND: '1',
    });
    closed(tracker);
    const peer = await peerOf(tracker, book);
    const found: number[] = [];
    for (let n = 0; n < 12; n++) found.push((await api('GET', 'documents?query=book')).status);
    expect([found[0], found.at(-1), found.filter((status) => status === 200).length < 12]).toEqual([200, 429, true]);
    const refused = await api('GET', 'documents?query=book');
    expect([refused.headers.get('retry-after'), refused.body.code]).toEqual(['1', 'LIMIT_EXCEEDED']);
    const form = new FormData();
    form.append('file', new Blob([Uint8Array.from(book.metainfo)]), 'x.torrent');
    expect((await fetch(`${base}/api/v1/documents/search`, { method: 'POST', body: form })).status).toBe(429);
    await expect(peer.search('book')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const answers: Map<string, unknown>[] = [];
    for (let n = 0; n < 12; n++) answers.push(await announce(book.announcement.infoHashV1, 1));
    const last = answers.at(-1) as Map<string, unknown>;
    expect([answers[0]?.has('peers'), failure(last), last.get('retry in')]).toEqual([true, 'too many announces from this address', 1]);
    expect((await api('GET', `documents/${book.announcement.id}`)).status).toBe(200);
  });

  it('spares its own machine where nobody chose a limit', async () => {
    const { tracker, api, announce } = await start();
    closed(tracker);
    await peerOf(tracker, book);
    for (let n = 0; n < 210; n++) expect((await api('GET', 'documents?query=book')).status).toBe(200);
    for (let n = 0; n < 20; n++) expect((await announce(book.announcement.infoHashV1, 1)).has('peers')).toBe(true);
  });

  it('tracks torrents that nobody listed, where it is open', async () => {
    const { tracker, announce } = await start({ PAGESWARM_OPEN_TRACKER: '1' });
    closed(tracker);
    await announce('ab'.repeat(20), 1);
    expect(Buffer.from((await announce('ab'.repeat(20), 2)).get('peers') as Uint8Array).toString('hex')).toBe('7f0000010001');
  });

  it('gives a plain v1 .torrent whose clients meet each other and not those of the hybrid one, over a restart too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pageswarm-plain-'));
    closing.push(() => rm(folder, { recursive: true }));
    const env = { PAGESWARM_SNAPSHOT_FILE: join(folder, 'snapshot') };
    const first = await start(env);
    const peer = await peerOf(first.tracker, book);
    const torrentOf = async (query: string) =>
      parseMetainfo(
        new Uint8Array(await (await fetch(`${first.base}/api/v1/documents/${book.announcement.id}/torrent${query}`)).arrayBuffer()),
      );
    const [hybrid, plain] = [await torrentOf(''), await torrentOf('?version=1')];
    expect(plain).toMatchObject({ name: 'book.pdf', size: hybrid.size, v1Pieces: hybrid.v1Pieces, trackers: hybrid.trackers });
    expect([plain.root, plain.infoHashV2, plain.infoHashV1 === hybrid.infoHashV1]).toEqual([undefined, undefined, false]);
    const hash = plain.infoHashV1 as string;
    await first.announce(hybrid.infoHashV1 as string, 1);
    await first.announce(hash, 2);
    const met = await first.announce(hash, 3);
    expect([met.get('complete'), Buffer.from(met.get('peers') as Uint8Array).toString('hex')]).toEqual([1, '7f0000010002']);
    expect((await first.api('GET', `documents/${book.announcement.id}/torrent?version=3`)).body).toMatchObject({ code: 'INVALID_REQUEST' });
    await peer.close();
    await first.tracker.close();
    const second = await start(env);
    closed(second.tracker);
    expect((await second.announce(hash, 2)).has('peers')).toBe(true);
  });

  it('lets pages of other sites, and pages under a foreign name, change nothing', async () => {
    const { tracker, api, base } = await start();
    closed(tracker);
    const host = new URL(base).host;
    const foreign: Record<string, string>[] = [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }];
    for (const headers of foreign)
      for (const [method, path] of [
        ['PUT', 'bans/addresses/10.0.0.1'],
        ['DELETE', 'peers?address=10.0.0.1'],
        ['PUT', `allow-list/${book.announcement.id}`],
        ['POST', 'drain'],
        ['DELETE', 'documents'],
      ] as const)
        expect([path, (await api(method, path, undefined, headers)).body?.code]).toEqual([path, 'FORBIDDEN']);
    expect((await api('GET', 'bans')).body.items).toEqual([]);
    expect((await api('PUT', 'bans/addresses/10.0.0.1', {}, { origin: `http://${host}` })).status).toBe(200);
  });

  it('wants its token for every change, where it has one', async () => {
    const { tracker, api } = await start({ PAGESWARM_ADMIN_TOKEN: 'a token of the admin' });
    closed(tracker);
    for (const [method, path] of [
      ['PUT', 'bans/addresses/10.0.0.1'],
      ['DELETE', 'bans/addresses/10.0.0.1'],
      ['PUT', `allow-list/${book.announcement.id}`],
      ['POST', 'drain'],
    ] as const)
      expect([path, (await api(method, path)).status]).toEqual([path, 401]);
    expect((await api('PUT', 'bans/addresses/10.0.0.1', undefined, { authorization: 'Bearer a token of the admin' })).status).toBe(200);
  });
});
