import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_DISCARDED_BODY_BYTES } from '@pageswarm/http';
import { noise, noisePdf, TemporaryFolders } from '@pageswarm/testing';
import { RunningPeer } from './running-peer.ts';

const MAX_BYTES = 300_000;
const folders = new TemporaryFolders();
let peer: RunningPeer;
let seed = 0;

/** A small PDF that no other test has. */
const freshPdf = () => noisePdf({ pages: 2, pageBytes: 10_000, seed: ++seed });
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const content = async (id: string) => (await peer.get(`documents/${id}/content`)).bytes;

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

beforeAll(async () => {
  peer = await RunningPeer.start(join(await folders.make('peer'), 'data'), { PAGESWARM_MAX_DOCUMENT_BYTES: String(MAX_BYTES) });
});

afterAll(async () => {
  await peer.stop();
  await folders.remove();
});

describe('a file that is refused', () => {
  it.each([
    ['is not a PDF', 'x.pdf', Buffer.from('PK\x03\x04 a zip file'), 422, 'NOT_A_PDF'],
    ['is a long file of noise', 'x.pdf', noise(200_000, 'no pdf'), 422, 'NOT_A_PDF'],
    ['is a huge file of noise', 'x.pdf', noise(30_000_000, 'no pdf'), 422, 'NOT_A_PDF'],
    ['has its header too far inside', 'x.pdf', Buffer.concat([Buffer.alloc(8_192, 0x20), Buffer.from('%PDF-1.7')]), 422, 'NOT_A_PDF'],
    ['is empty', 'x.pdf', Buffer.alloc(0), 422, 'EMPTY_FILE'],
    ['is one byte too large', 'x.pdf', Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(MAX_BYTES - 8)]), 413, 'TOO_LARGE'],
    ['is far too large', 'x.pdf', Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(5_000_000)]), 413, 'TOO_LARGE'],
  ])('%s: it gets a clear error and leaves nothing behind', async (_, name, bytes, status, code) => {
    const before = await filesUnder(peer.dataDir);
    const answer = await peer.upload(name, bytes);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect([answer.status, answer.json.status, answer.json.code]).toEqual([status, status, code]);
    expect(answer.json.detail).toMatch(/\S/);
    expect(await filesUnder(peer.dataDir)).toEqual(before);
    expect((await peer.documents()).some((document) => document.name === name)).toBe(false);
  });

  it('names the limit that it crosses', async () => {
    const answer = await peer.upload('x.pdf', Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(MAX_BYTES)]));
    expect(answer.json.detail).toContain(String(MAX_BYTES));
    expect(answer.json.advice).toContain('PAGESWARM_MAX_DOCUMENT_BYTES');
  });

  it('is read on for a while, so that its sender hears the answer, but not for ever', async () => {
    const { hostname, port } = new URL(peer.base);
    const socket = connect(Number(port), hostname);
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n';
    socket.write(
      `POST /api/v1/documents HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 99999999999\r\n\r\n${head}`,
    );
    let heard = '';
    let sent = 0;
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', () => undefined);
    const megabyte = noise(1_048_576, 'endless');
    const pour = (): void => {
      while (!socket.destroyed && sent < 4 * MAX_DISCARDED_BODY_BYTES) {
        sent += megabyte.length;
        if (!socket.write(megabyte)) return void socket.once('drain', pour);
      }
    };
    pour();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(heard).toContain('NOT_A_PDF');
    expect(sent).toBeGreaterThan(MAX_DISCARDED_BODY_BYTES);
    expect(sent).toBeLessThan(2 * MAX_DISCARDED_BODY_BYTES);
  });

  it('ends in the middle, because its sender went away', async () => {
    const before = await filesUnder(peer.dataDir);
    const { hostname, port } = new URL(peer.base);
    const socket = connect(Number(port), hostname);
    const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n%PDF-1.7\n';
    socket.write(
      `POST /api/v1/documents HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 200000\r\n\r\n${head}`,
    );
    socket.write(Buffer.alloc(100_000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await filesUnder(peer.dataDir)).toEqual(before);
    expect((await peer.documents()).some(({ name }) => name === 'x.pdf')).toBe(false);
  });

  it.each([
    ['not a form', { 'content-type': 'application/json' }, '{}'],
    ['a form without a file', { 'content-type': 'multipart/form-data; boundary=b' }, '--b--\r\n'],
    [
      'a form with a field only',
      { 'content-type': 'multipart/form-data; boundary=b' },
      '--b\r\ncontent-disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n',
    ],
    ['a form without a boundary', { 'content-type': 'multipart/form-data' }, 'x'],
    [
      'a form that is cut off',
      { 'content-type': 'multipart/form-data; boundary=b' },
      '--b\r\ncontent-disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n%PDF-',
    ],
  ])('is no file at all but %s', async (_, headers, body) => {
    const answer = await peer.send('POST', 'documents', headers, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.json.code).toBe('INVALID_REQUEST');
  });

  it('is a document that is here: the error points at the first, and the new name finds it too', async () => {
    const bytes = freshPdf();
    const first = await peer.add('First name.pdf', bytes);
    const again = await peer.upload('Second name.pdf', bytes);
    expect([again.status, again.json.code]).toEqual([409, 'DOCUMENT_EXISTS']);
    expect(again.json.detail).toContain(first.id);
    expect(again.json.detail).toContain('First name.pdf');
    expect((await peer.upload('First name.pdf', bytes)).status).toBe(409);
    const known = (await peer.get(`documents/${first.id}`)).json;
    expect([known.name, known.aliases, known.infoHashV1]).toEqual(['First name.pdf', ['Second name.pdf'], first.infoHashV1]);
    expect(await filesUnder(join(peer.dataDir, 'incoming'))).toEqual([]);
  });
});

describe('a file that is accepted', () => {
  it('may be cut off: its bytes are shared as they are', async () => {
    const whole = freshPdf();
    const cut = whole.subarray(0, whole.length - 5_000);
    const document = await peer.add('cut off.pdf', cut);
    expect([document.size, document.md5]).toEqual([cut.length, md5(cut)]);
    expect((await content(document.id)).equals(cut)).toBe(true);
  });

  it('may have exactly the largest size, junk before its header, or nothing but the header', async () => {
    const largest = Buffer.concat([Buffer.from('%PDF-1.7\n'), noise(MAX_BYTES - 9, 'largest')]);
    const late = Buffer.concat([Buffer.alloc(8_187, 0x0a), Buffer.from('%PDF-')]);
    const tiny = Buffer.from('%PDF-');
    for (const bytes of [largest, late, tiny]) {
      const document = await peer.add('odd.pdf', bytes);
      expect((await content(document.id)).equals(bytes)).toBe(true);
    }
  });

  it('is added once when it comes several times at once', async () => {
    const bytes = freshPdf();
    const answers = await Promise.all(Array.from({ length: 6 }, (_, turn) => peer.upload(`at once ${turn}.pdf`, bytes)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 201)?.json;
    for (const { json } of answers.filter(({ status }) => status === 409)) expect(json.detail).toContain(winner.id);
    const { name, aliases } = (await peer.get(`documents/${winner.id}`)).json;
    expect([name, ...aliases].sort()).toEqual(Array.from({ length: 6 }, (_, turn) => `at once ${turn}.pdf`));
    expect((await content(winner.id)).equals(bytes)).toBe(true);
  });

  it('keeps its bytes beside another document of the same name', async () => {
    const [one, two] = [freshPdf(), freshPdf()];
    const [first, second] = await Promise.all([peer.add('Same.pdf', one), peer.add('Same.pdf', two)]);
    expect(first.id).not.toBe(second.id);
    expect([first.name, second.name]).toEqual(['Same.pdf', 'Same.pdf']);
    expect((await content(first.id)).equals(one)).toBe(true);
    expect((await content(second.id)).equals(two)).toBe(true);
  });
});

describe('an id that leads nowhere', () => {
  const unknown = 'ab'.repeat(32);
  it.each([
    ['GET', `documents/${unknown}`, 'DOCUMENT_NOT_FOUND'],
    ['GET', `documents/${unknown}/content`, 'DOCUMENT_NOT_FOUND'],
    ['GET', `documents/${unknown}/pages/1.pdf`, 'DOCUMENT_NOT_FOUND'],
    ['GET', 'documents/not-hex', 'DOCUMENT_NOT_FOUND'],
    ['GET', 'documents/..%2f..%2fetc%2fpasswd/content', 'DOCUMENT_NOT_FOUND'],
    ['DELETE', `documents/${unknown}`, 'DOCUMENT_NOT_FOUND'],
    ['GET', 'downloads/nothing', 'DOWNLOAD_NOT_FOUND'],
    ['POST', 'downloads/nothing/pause', 'DOWNLOAD_NOT_FOUND'],
    ['POST', 'downloads/nothing/resume', 'DOWNLOAD_NOT_FOUND'],
    ['DELETE', 'downloads/nothing', 'DOWNLOAD_NOT_FOUND'],
    ['GET', 'nowhere', 'NOT_FOUND'],
  ])('%s %s is answered with 404', async (method, path, code) => {
    const answer = await peer.send(method, path);
    expect([answer.status, answer.json.code]).toEqual([404, code]);
  });

  it('finds a document by its md5 and info-hashes too, in any case', async () => {
    const document = await peer.add('by hash.pdf', freshPdf());
    for (const hash of [document.md5, document.infoHashV1, document.infoHashV2, document.id.toUpperCase()])
      expect((await peer.get(`documents/${hash}`)).json.id).toBe(document.id);
  });
});
