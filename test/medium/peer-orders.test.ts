import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { noise, noisePdf, TemporaryFolders } from '@pageswarm/testing';
import { DocumentHasher, encodeMetainfo, MAX_TORRENT_BYTES } from '@pageswarm/torrent';
import { RunningPeer } from './running-peer.ts';

const folders = new TemporaryFolders();
let peer: RunningPeer;
let seed = 2000;

/** A small PDF that no other test has. */
const freshPdf = () => noisePdf({ pages: 2, pageBytes: 10_000, seed: ++seed });

beforeAll(async () => {
  peer = await RunningPeer.start(join(await folders.make('peer'), 'data'));
});

afterAll(async () => {
  await peer.stop();
  await folders.remove();
});

describe('a download that cannot begin', () => {
  it.each([
    [{}, 400, 'INVALID_REQUEST'],
    [{ id: 'nonsense' }, 400, 'INVALID_ID'],
    [{ id: 'magnet:?dn=x' }, 400, 'INVALID_MAGNET'],
    [{ id: 'ab'.repeat(32), strategy: 'fastest' }, 400, 'INVALID_REQUEST'],
    [{ id: 'ab'.repeat(32) }, 503, 'TRACKER_UNAVAILABLE'],
  ])('%j', async (order, status, code) => {
    const answer = await peer.send('POST', 'downloads', { 'content-type': 'application/json' }, JSON.stringify(order));
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it('because the body is no JSON', async () => {
    const answer = await peer.send('POST', 'downloads', { 'content-type': 'application/json' }, '{"id":');
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('because the document is here', async () => {
    const document = await peer.add('here.pdf', freshPdf());
    for (const id of [
      document.id,
      document.md5,
      document.infoHashV1,
      document.infoHashV2.toUpperCase(),
      `magnet:?xt=urn:btih:${document.infoHashV1}`,
    ]) {
      const answer = await peer.send('POST', 'downloads', { 'content-type': 'application/json' }, JSON.stringify({ id }));
      expect([id, answer.status, answer.json.code]).toEqual([id, 409, 'DOCUMENT_EXISTS']);
      expect(answer.json.detail).toContain(document.id);
    }
  });
});

describe('a .torrent', () => {
  const torrentOf = (bytes: Uint8Array): Buffer => {
    const hasher = new DocumentHasher(bytes.length);
    hasher.update(bytes);
    return Buffer.from(encodeMetainfo({ name: 'x.pdf', ...hasher.finish() }));
  };

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('not a torrent')],
    ['a PDF', Buffer.from('%PDF-1.7')],
    ['an empty dictionary', Buffer.from('de')],
    ['a bomb of brackets', Buffer.alloc(100_000, 'l')],
    ['one that is cut off', torrentOf(noise(100_000, 1)).subarray(0, 200)],
  ])('that is none, but %s, is refused', async (_, bytes) => {
    for (const path of ['network/search', 'downloads']) {
      const answer = await peer.upload('x.torrent', bytes, path);
      expect([path, answer.status, answer.json.code]).toEqual([path, 400, 'INVALID_TORRENT']);
    }
  });

  it('that is larger than any may be is refused', async () => {
    const answer = await peer.upload('x.torrent', Buffer.alloc(MAX_TORRENT_BYTES + 1), 'network/search');
    expect([answer.status, answer.json.code]).toEqual([413, 'TOO_LARGE']);
  });

  it('of a document that is here starts no download', async () => {
    const bytes = freshPdf();
    const document = await peer.add('of a torrent.pdf', bytes);
    const answer = await peer.upload('x.torrent', torrentOf(bytes), 'downloads');
    expect([answer.status, answer.json.code]).toEqual([409, 'DOCUMENT_EXISTS']);
    expect(answer.json.detail).toContain(document.id);
  });

  it('without a tracker to ask says so', async () => {
    const answer = await peer.upload('x.torrent', torrentOf(noise(50_000, 2)), 'network/search');
    expect([answer.status, answer.json.code]).toEqual([503, 'TRACKER_UNAVAILABLE']);
  });
});
