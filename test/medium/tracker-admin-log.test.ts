import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningTracker } from '@pageswarm/tracker';
import { makeDocument, startTestTracker, TestPeer, testLogger } from './tracker-nodes.ts';

const book = makeDocument('book.pdf', 1);
const { id: documentId, name } = book.announcement;
const ADDRESS = '10.1.2.3';
const reason = 'sends noise';
/** A peer that nobody knows: it may be banned all the same. */
const STRANGER = 'ab'.repeat(20);

interface Action {
  /** As the OpenAPI document names it. */
  readonly route: string;
  readonly path: string;
  readonly body?: object;
  /** What its line in the log says, besides from which address it came. */
  readonly line: { readonly [field: string]: unknown; readonly message: string };
}

/** Every request of an admin that changes something; what comes early leaves something for what comes late. */
const actions = (peerId: string): Action[] => [
  {
    route: 'PUT allow-list/{hash}',
    path: `allow-list/${documentId}`,
    body: { reason },
    line: { hash: documentId, reason, message: 'allowed by an admin' },
  },
  {
    route: 'DELETE allow-list/{hash}',
    path: `allow-list/${documentId}`,
    line: { hash: documentId, message: 'taken off the allow-list by an admin' },
  },
  {
    route: 'PUT bans/peers/{id}',
    path: `bans/peers/${STRANGER}`,
    body: { reason },
    line: { peerId: STRANGER, reason, forgotten: 0, message: 'peer banned by an admin' },
  },
  {
    route: 'DELETE bans/peers/{id}',
    path: `bans/peers/${STRANGER}`,
    line: { banned: 'peer', subject: STRANGER, message: 'ban lifted by an admin' },
  },
  {
    route: 'PUT bans/addresses/{address}',
    path: `bans/addresses/${ADDRESS}`,
    body: { reason },
    line: { address: ADDRESS, reason, forgotten: 0, message: 'address banned by an admin' },
  },
  {
    route: 'DELETE bans/addresses/{address}',
    path: `bans/addresses/${ADDRESS}`,
    line: { banned: 'address', subject: ADDRESS, message: 'ban lifted by an admin' },
  },
  {
    route: 'DELETE documents/{id}',
    path: `documents/${documentId}`,
    line: { documentId, name, message: 'document removed by an admin' },
  },
  { route: 'DELETE documents', path: 'documents', line: { removed: 1, message: 'all documents removed by an admin' } },
  { route: 'DELETE peers/{id}', path: `peers/${peerId}`, line: { peerId, message: 'peer forgotten by an admin' } },
  {
    route: 'DELETE peers',
    path: `peers?address=${ADDRESS}`,
    line: { address: ADDRESS, removed: 0, message: 'peers at an address forgotten by an admin' },
  },
  { route: 'POST drain', path: 'drain', body: { ms: 60_000 }, line: { ms: 60_000, message: 'drained by an admin' } },
];

/** Requests that are no GET and change nothing. */
const READS = ['POST documents/search'];

describe('the log of a tracker', () => {
  let tracker: RunningTracker;
  let peer: TestPeer;
  const lines: Action['line'][] = [];
  const base = () => `http://127.0.0.1:${tracker.http.port}`;
  beforeAll(async () => {
    const logger = testLogger();
    const note = (fields: object, message: string) => void lines.push({ ...fields, message });
    tracker = await startTestTracker({}, Object.assign(logger, { warn: note, info: note }));
    peer = (await new TestPeer(tracker.transport).listen()).keepRenewing();
    await peer.join();
    await peer.announce(book, makeDocument('paper.pdf', 2));
  });
  afterAll(async () => {
    await peer.close();
    await tracker.close();
  });

  it('has one line for each action of an admin: what was done, to what, and from which address', async () => {
    for (const { route, path, body, line } of actions(peer.peerId)) {
      lines.length = 0;
      const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const { ok } = await fetch(`${base()}/api/v1/${path}`, { method: route.split(' ')[0], ...init });
      const found = lines.filter(({ message }) => message.endsWith('by an admin'));
      expect([route, ok, found]).toEqual([route, true, [{ ...line, by: '127.0.0.1' }]]);
    }
  });

  it('has none for an action that was refused', async () => {
    lines.length = 0;
    const refusals = ['allow-list/xyz', `bans/peers/${STRANGER}`, `bans/addresses/${ADDRESS}`, `documents/${documentId}`, 'peers/xyz'];
    for (const path of refusals) expect((await fetch(`${base()}/api/v1/${path}`, { method: 'DELETE' })).ok).toBe(false);
    expect(lines).toEqual([]);
  });

  it('is asked about every request that may change something', async () => {
    const { paths } = (await (await fetch(`${base()}/openapi.json`)).json()) as { paths: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== 'get')
        .map((method) => `${method.toUpperCase()} ${path.replace('/api/v1/', '')}`),
    );
    expect(routes.sort()).toEqual([...actions('').map(({ route }) => route), ...READS].sort());
  });
});
