import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Document, DocumentList } from '@pageswarm/contracts';
import { bdecode, parseMagnet, parseMetainfo } from '@pageswarm/torrent';
import type { RunningTracker } from '@pageswarm/tracker';
import { makeDocument, startTestTracker, TestPeer } from './tracker-nodes.ts';

const book = makeDocument('Física "Quântica".pdf', 1);
const paper = makeDocument('annual report.pdf', 2, 5_000_000);
const extra = makeDocument('extra.pdf', 3);

describe('the HTTP face of a tracker', () => {
  let tracker: RunningTracker;
  let ann: TestPeer;
  let base: string;
  const get = async <T>(path: string) => (await (await fetch(`${base}/api/v1/${path}`)).json()) as T;
  const upload = (bytes: Uint8Array) => {
    const form = new FormData();
    form.append('file', new Blob([Uint8Array.from(bytes)]), 'x.torrent');
    return fetch(`${base}/api/v1/documents/search`, { method: 'POST', body: form });
  };
  beforeAll(async () => {
    tracker = await startTestTracker();
    base = `http://127.0.0.1:${tracker.http.port}`;
    ann = await new TestPeer(tracker.transport).listen();
    await ann.join({ http: 4_321 });
    await ann.announce(book, paper);
  });
  afterAll(async () => {
    await ann.close();
    await tracker.close();
  });

  it('lists, pages and searches documents', async () => {
    const first = await get<DocumentList>('documents?limit=1');
    const second = await get<DocumentList>(`documents?limit=1&cursor=${first.nextCursor}`);
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([1, 1, null]);
    expect((await get<DocumentList>('documents?query=quantica%20fis')).items).toMatchObject([{ id: book.announcement.id }]);
    expect((await get<DocumentList>(`documents?query=${book.announcement.md5}`)).items).toMatchObject([{ id: book.announcement.id }]);
    expect(await get('documents?limit=1000')).toMatchObject({ code: 'INVALID_REQUEST', detail: expect.stringContaining('limit') });
    expect(await get('documents?cursor=x')).toMatchObject({ code: 'INVALID_REQUEST', detail: expect.stringContaining('cursor') });
  });

  it('shows one document by any of its hashes', async () => {
    const { id, md5, infoHashV1, infoHashV2 } = book.announcement;
    for (const hash of [id, md5, infoHashV1, infoHashV2, id.toUpperCase()])
      expect(await get<Document>(`documents/${hash}`)).toMatchObject({
        id,
        hosts: [{ peerId: ann.peerId, httpAddress: '127.0.0.1:4321' }],
      });
    const missing = await fetch(`${base}/api/v1/documents/${'0'.repeat(64)}`);
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'DOCUMENT_NOT_FOUND' }]);
  });

  it('writes a .torrent with its tracker, web seeds and page map, and finds the document by it', async () => {
    for (const { announcement, metainfo } of [book, paper]) {
      const answer = await fetch(`${base}/api/v1/documents/${announcement.id}/torrent`);
      expect(answer.headers.get('content-type')).toBe('application/x-bittorrent');
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="/);
      const bytes = new Uint8Array(await answer.arrayBuffer());
      const torrent = parseMetainfo(bytes);
      expect(torrent).toMatchObject({
        name: announcement.name,
        infoHashV1: announcement.infoHashV1,
        infoHashV2: announcement.infoHashV2,
        trackers: [[`${base}/announce`]],
        webSeeds: [`http://127.0.0.1:4321/api/v1/documents/${announcement.id}/content`],
      });
      expect(torrent.pageMap).toEqual(parseMetainfo(metainfo).pageMap);
      const found = await upload(bytes);
      expect([found.status, await found.json()]).toMatchObject([200, { items: [{ id: announcement.id }], nextCursor: null }]);
    }
  });

  it('refuses what is no .torrent and finds nothing by that of another file', async () => {
    const refused = await upload(Buffer.from('%PDF-1.4'));
    expect([refused.status, await refused.json()]).toMatchObject([400, { code: 'INVALID_TORRENT' }]);
    expect(await (await upload(makeDocument('other', 9).metainfo)).json()).toEqual({ items: [], nextCursor: null });
    const none = await fetch(`${base}/api/v1/documents/search`, { method: 'POST' });
    expect(await none.json()).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('says so when no host can tell the piece hashes', async () => {
    const liar = await new TestPeer(tracker.transport).listen();
    await liar.join();
    await liar.announce(extra);
    liar.documents.set(extra.announcement.id, book.metainfo);
    expect(await get(`documents/${extra.announcement.id}/torrent`)).toMatchObject({ code: 'NO_HOSTS', status: 409 });
    await liar.close();
  });

  it('writes a magnet link', async () => {
    const { id, infoHashV1, infoHashV2, name, size } = paper.announcement;
    const answer = await fetch(`${base}/api/v1/documents/${id}/magnet`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const link = await answer.text();
    expect(parseMagnet(link)).toMatchObject({ infoHashV1, infoHashV2, name, size, trackers: [`${base}/announce`] });
    expect((await get<DocumentList>(`documents?query=${encodeURIComponent(link)}`)).items).toMatchObject([{ id }]);
  });

  it('answers announces and scrapes of BitTorrent clients', async () => {
    const hash = (hex: string) => hex.replace(/../g, '%$&');
    const announce = async (id: string, infoHash: string, port: number, more = '') => {
      const answer = await fetch(
        `${base}/announce?info_hash=${hash(infoHash)}&peer_id=-XX0000-${id.padEnd(12, '0')}&port=${port}&uploaded=0&downloaded=0${more}`,
      );
      return bdecode(new Uint8Array(await answer.arrayBuffer())) as Map<string, unknown>;
    };
    const { infoHashV1, infoHashV2 } = book.announcement;
    const first = await announce('a', infoHashV1, 1_000, '&left=0&event=started');
    expect([first.get('complete'), first.get('incomplete'), first.get('interval')]).toEqual([2, 0, 900]);
    const second = await announce('b', infoHashV2.slice(0, 40), 2_000, '&left=5');
    expect(Buffer.from(second.get('peers') as Uint8Array).toString('hex')).toBe('7f00000103e8');
    const listed = await announce('b', infoHashV1, 2_000, '&left=5&compact=0');
    expect((listed.get('peers') as Map<string, unknown>[])[0]?.get('port')).toBe(1_000);
    const scraped = bdecode(
      new Uint8Array(await (await fetch(`${base}/scrape?info_hash=${hash(infoHashV1)}&info_hash=${hash('ee'.repeat(20))}`)).arrayBuffer()),
    ) as Map<string, Map<string, Map<string, number>>>;
    const files = scraped.get('files') as Map<string, Map<string, number>>;
    expect([...files.keys()].map((key) => Buffer.from(key, 'latin1').toString('hex'))).toEqual([infoHashV1]);
    expect(Object.fromEntries([...files.values()][0] as Map<string, number>)).toEqual({ complete: 2, downloaded: 0, incomplete: 1 });
    expect((await announce('a', infoHashV1, 1_000, '&left=0&event=stopped')).get('complete')).toBe(1);
    const unknown = await announce('a', 'ee'.repeat(20), 1_000);
    expect(Buffer.from(unknown.get('failure reason') as Uint8Array).toString()).toContain('not listed');
  });

  it('tells what happens as it happens, and what was missed', async () => {
    const reader = async (lastId?: string) => {
      const abort = new AbortController();
      const answer = await fetch(`${base}/api/v1/events`, { signal: abort.signal, headers: lastId ? { 'last-event-id': lastId } : {} });
      const events: { type: string; id: string; data: { id?: string } }[] = [];
      const reading = (async () => {
        let text = '';
        for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
          text += Buffer.from(chunk).toString();
          for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
            const fields = new Map(
              text
                .slice(0, end)
                .split('\n')
                .map((line) => line.split(/: (.*)/s) as [string, string]),
            );
            if (fields.has('event'))
              events.push({
                type: fields.get('event') as string,
                id: fields.get('id') as string,
                data: JSON.parse(fields.get('data') as string),
              });
            text = text.slice(end + 2);
          }
        }
      })().catch(() => {});
      const until = async (type: string, id: string) => {
        for (let i = 0; i < 200; i++) {
          const found = events.find((event) => event.type === type && event.data.id === id);
          if (found) return found;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        throw new Error(`no ${type} among ${events.map((event) => event.type)}`);
      };
      return {
        events,
        until,
        close: async () => {
          abort.abort();
          await reading;
        },
      };
    };
    const watched = makeDocument('watched.pdf', 40);
    const missed = makeDocument('missed.pdf', 41);
    const first = await reader();
    await ann.announce(watched);
    const added = await first.until('document.added', watched.announcement.id);
    expect(added.data).toMatchObject({ name: 'watched.pdf', hosts: [{ peerId: ann.peerId }] });
    await first.close();
    await ann.announce(missed);
    await fetch(`${base}/api/v1/documents/${watched.announcement.id}`, { method: 'DELETE' });
    const second = await reader(added.id);
    await second.until('document.added', missed.announcement.id);
    await second.until('document.removed', watched.announcement.id);
    await second.close();
    const stranger = await reader('earlier-7');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(stranger.events.map(({ type }) => type)).toEqual(['reset']);
    await stranger.close();
  });

  it('shows and forgets peers, counts, and describes itself', async () => {
    const bob = await new TestPeer(tracker.transport).listen();
    await bob.join();
    const peers = await get<{ items: { peerId: string; state: string }[] }>('peers');
    expect(peers.items.find((peer) => peer.peerId === bob.peerId)).toMatchObject({ state: 'live', documents: 0, name: 'a peer' });
    const page = await get<{ items: unknown[]; nextCursor: string }>('peers?limit=1');
    expect((await get<{ items: unknown[] }>(`peers?cursor=${page.nextCursor}`)).items).toHaveLength(peers.items.length - 1);
    expect((await fetch(`${base}/api/v1/peers/${bob.peerId}`, { method: 'DELETE' })).status).toBe(204);
    expect(await (await fetch(`${base}/api/v1/peers/${bob.peerId}`, { method: 'DELETE' })).json()).toMatchObject({
      code: 'PEER_NOT_FOUND',
    });
    await bob.close();
    expect(await get('stats')).toMatchObject({ documents: expect.any(Number), snapshot: { state: 'off', savedAt: null } });
    expect(await (await fetch(`${base}/`)).json()).toMatchObject({ service: 'PageSwarm tracker', docs: '/docs' });
    const { paths } = (await (await fetch(`${base}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(paths).sort()).toEqual([
      '/announce',
      '/api/v1/allow-list',
      '/api/v1/allow-list/{hash}',
      '/api/v1/bans',
      '/api/v1/bans/addresses/{address}',
      '/api/v1/bans/peers/{id}',
      '/api/v1/documents',
      '/api/v1/documents/search',
      '/api/v1/documents/{id}',
      '/api/v1/documents/{id}/magnet',
      '/api/v1/documents/{id}/torrent',
      '/api/v1/drain',
      '/api/v1/events',
      '/api/v1/peers',
      '/api/v1/peers/{id}',
      '/api/v1/stats',
      '/healthz',
      '/metrics',
      '/readyz',
      '/scrape',
    ]);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    for (const name of [
      'documents',
      'hosts',
      'announces_total',
      'search_seconds_bucket',
      'handouts_total',
      'bittorrent_announces_total',
      'snapshot_lag_seconds',
    ])
      expect(metrics).toContain(`pageswarm_tracker_${name}`);
    expect(await (await fetch(`${base}/readyz`)).json()).toMatchObject({ ready: true, checks: { snapshot: { ok: true } } });
  });

  it('removes one document, then all', async () => {
    const removed = await fetch(`${base}/api/v1/documents/${book.announcement.id}`, { method: 'DELETE' });
    expect(removed.status).toBe(204);
    expect(await get(`documents/${book.announcement.id}`)).toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    const left = (await get<DocumentList>('documents')).items.length;
    expect(await (await fetch(`${base}/api/v1/documents`, { method: 'DELETE' })).json()).toEqual({ removed: left });
    expect(await get('documents')).toEqual({ items: [], nextCursor: null });
  });
});
