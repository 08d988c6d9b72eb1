import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { noisePdf, TemporaryFolders } from '@pageswarm/testing';
import { RunningPeer } from './running-peer.ts';

const folders = new TemporaryFolders();
const bytes = noisePdf({ pages: 3, pageBytes: 200_000, seed: 42 });
let peer: RunningPeer;
let document: Document;

beforeAll(async () => {
  peer = await RunningPeer.start(join(await folders.make('content'), 'data'));
  document = await peer.add('Física, "a" test.pdf'.replaceAll('"', "'"), bytes);
});

afterAll(async () => {
  await peer.stop();
  await folders.remove();
});

const read = (headers: Record<string, string> = {}, method = 'GET') => peer.send(method, `documents/${document.id}/content`, headers);

describe('the content of a document', () => {
  it('is the file, byte for byte, with its type, length, name and a lasting tag', async () => {
    const { status, headers, bytes: body } = await read();
    expect(status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
    expect(headers.get('content-type')).toBe('application/pdf');
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('etag')).toBe(`"${document.id}"`);
    expect(headers.get('content-disposition')).toContain("filename*=UTF-8''F%C3%ADsica");
  });

  it.each([
    ['the beginning', 'bytes=0-0', 0, 1],
    ['a middle', 'bytes=100000-299999', 100_000, 300_000],
    ['across a piece', 'bytes=16383-16384', 16_383, 16_385],
    ['an open end', `bytes=${bytes.length - 10}-`, bytes.length - 10, bytes.length],
    ['a suffix', 'bytes=-500', bytes.length - 500, bytes.length],
    ['a suffix longer than the file', 'bytes=-999999999', 0, bytes.length],
    ['an end beyond the file', 'bytes=10-999999999', 10, bytes.length],
  ])('comes by range: %s', async (_, range, start, end) => {
    const { status, headers, bytes: body } = await read({ range });
    expect(status).toBe(206);
    expect(headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${bytes.length}`);
    expect(headers.get('content-length')).toBe(String(end - start));
    expect(body.equals(bytes.subarray(start, end))).toBe(true);
  });

  it('comes in several ranges as one multipart answer of the promised length', async () => {
    const { status, headers, bytes: body } = await read({ range: 'bytes=0-9, 1000-1999, -7' });
    expect(status).toBe(206);
    const boundary = /^multipart\/byteranges; boundary=(.+)$/.exec(headers.get('content-type') ?? '')?.[1];
    expect(headers.get('content-length')).toBe(String(body.length));
    const parts = body.toString('latin1').split(`\r\n--${boundary}`);
    expect(parts.shift()).toBe('');
    expect(parts.pop()).toBe('--\r\n');
    const expected = [
      [0, 10],
      [1_000, 2_000],
      [bytes.length - 7, bytes.length],
    ] as const;
    expect(parts).toEqual(
      expected.map(
        ([start, end]) =>
          `\r\ncontent-type: application/pdf\r\ncontent-range: bytes ${start}-${end - 1}/${bytes.length}\r\n\r\n${bytes.toString('latin1', start, end)}`,
      ),
    );
  });

  it.each(['bytes=99999999-', 'bytes=99999999-999999999', 'bytes=-0'])(
    'answers 416 with the size to a range beyond it: %s',
    async (range) => {
      const { status, headers, bytes: body } = await read({ range });
      expect([status, headers.get('content-range'), body.length]).toEqual([416, `bytes */${bytes.length}`, 0]);
    },
  );

  it.each(['bytes=5-3', 'lines=0-5', 'bytes=a-b', 'bytes=', `bytes=${'0-0,'.repeat(40)}0-0`])(
    'comes whole for a range that is none: %s',
    async (range) => {
      const { status, bytes: body } = await read({ range });
      expect([status, body.length]).toEqual([200, bytes.length]);
    },
  );

  it('comes whole when If-Range names another version, and by range when it names this one', async () => {
    expect((await read({ range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200);
    expect((await read({ range: 'bytes=0-9', 'if-range': 'Sat, 01 Jan 2000 00:00:00 GMT' })).status).toBe(200);
    const same = await read({ range: 'bytes=0-9', 'if-range': `"${document.id}"` });
    expect([same.status, same.bytes.length]).toEqual([206, 10]);
  });

  it('is not sent again to whoever has it', async () => {
    for (const tag of [`"${document.id}"`, `"x", "${document.id}"`, '*']) {
      const { status, bytes: body } = await read({ 'if-none-match': tag });
      expect([status, body.length]).toEqual([304, 0]);
    }
    expect((await read({ 'if-none-match': '"x"' })).status).toBe(200);
  });

  it('tells its size to HEAD and sends nothing', async () => {
    const { status, headers, bytes: body } = await read({}, 'HEAD');
    expect([status, headers.get('content-length'), headers.get('accept-ranges'), body.length]).toEqual([
      200,
      String(bytes.length),
      'bytes',
      0,
    ]);
  });

  it('is served to many readers at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, turn) => read({ range: `bytes=${turn * 1_000}-${turn * 1_000 + 99_999}` })),
    );
    for (const [turn, { bytes: body }] of answers.entries())
      expect(body.equals(bytes.subarray(turn * 1_000, turn * 1_000 + 100_000))).toBe(true);
  });

  it('has pages only with a pdf-worker, and calls none outside before one has counted them', async () => {
    for (const [number, status, code] of [
      ['1', 503, 'WORKER_UNAVAILABLE'],
      ['7', 503, 'WORKER_UNAVAILABLE'],
      ['0', 400, 'INVALID_PAGES'],
      ['x', 400, 'INVALID_PAGES'],
    ] as const) {
      const page = await peer.get(`documents/${document.id}/pages/${number}.pdf`);
      expect([number, page.status, page.json.code]).toEqual([number, status, code]);
    }
    expect((await peer.get(`documents/${document.id}/pages/1.png?width=0`)).json.code).toBe('INVALID_REQUEST');
  });
});
