import { beforeAll, describe, expect, it } from '@jest/globals';
import { indexesOf, parsePageRanges } from '@pageswarm/primitives';
import { ProcessSwarm, type ServiceProcess } from '@pageswarm/testing';
import { PDFDocument } from 'pdf-lib';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';
import { waitFor } from '../../tools/local-swarm/wait-for.ts';
import { FIELD_GUIDE } from '../../tools/sample-maker/sample-documents.ts';

const INSPECTION_LIMIT_MS = 60_000;
const DOWNLOAD_LIMIT_MS = 60_000;
const TEST_LIMIT_MS = 120_000;
/** Half of the field guide takes ten seconds at this rate, so that even a busy machine reads pages before it is there. */
const SLOW_BYTES_PER_SECOND = 300_000;

const pageOf = async (peer: ServiceProcess, id: string, page: string) => {
  const answer = await fetch(`http://127.0.0.1:${peer.http.port}/api/v1/documents/${id}/pages/${page}`);
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
};
const extractOf = async (peer: ServiceProcess, path: string, body: unknown) => {
  const answer = await fetch(`http://127.0.0.1:${peer.http.port}/api/v1/documents/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, type: answer.headers.get('content-type'), bytes: Buffer.from(await answer.arrayBuffer()) };
};
/** Lets a host send others that many bytes per second from now on, or as many as it can. */
async function limitUpload({ http }: ServiceProcess, bytesPerSecond: number | null): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${http.port}/api/v1/node/limits`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ upload: { node: bytesPerSecond } }),
  });
  expect(answer.status).toBe(200);
}
const pageCountOf = async (bytes: Uint8Array) => (await PDFDocument.load(bytes)).getPageCount();
const clientOf = (peer: ServiceProcess) => new PeerClient(`http://127.0.0.1:${peer.http.port}`);

let guide: Uint8Array;
beforeAll(async () => {
  guide = await FIELD_GUIDE.make();
}, TEST_LIMIT_MS);

interface Others {
  readonly host: ServiceProcess;
  readonly worker: ServiceProcess;
}

/** How many documents a pdf-worker has read the words of. */
async function textJobsOf({ http }: ServiceProcess): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${http.port}/metrics`)).text();
  return Number(/^pageswarm_worker_jobs_total\{.*kind="text".*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

/** A tracker, a pdf-worker, a host of the field guide and a peer that wants to read it. */
function inSwarm(test: (reader: ServiceProcess, id: string, others: Others) => Promise<void>): Promise<void> {
  return ProcessSwarm.run(async (swarm) => {
    await swarm.startTracker();
    const worker = await swarm.startWorker();
    const host = await swarm.startPeer('host');
    const { id, mapped } = await clientOf(host).addInspected(FIELD_GUIDE.fileName, guide, INSPECTION_LIMIT_MS);
    expect(mapped).toBe(true);
    await test(await swarm.startPeer('reader'), id, { host, worker });
  });
}

/** Bytes in the middle, alone and with others, under the tag that the whole document has for good. */
async function expectRangesOf(reader: ServiceProcess, id: string): Promise<void> {
  const middle = guide.length >> 1;
  const read = (range: string, headers = {}) =>
    fetch(`http://127.0.0.1:${reader.http.port}/api/v1/documents/${id}/content`, { headers: { range, ...headers } });
  const part = (start: number, end: number) => Buffer.from(guide.subarray(start, end));
  const one = await read(`bytes=${middle}-${middle + 99}`, { 'if-range': `"${id}"` });
  expect([one.status, one.headers.get('etag')]).toEqual([206, `"${id}"`]);
  expect(Buffer.from(await one.arrayBuffer()).equals(part(middle, middle + 100))).toBe(true);
  const several = await read(`bytes=0-9, ${middle + 50_000}-${middle + 50_009}`);
  expect([several.status, several.headers.get('content-type')]).toEqual([206, expect.stringContaining('multipart/byteranges')]);
  const body = Buffer.from(await several.arrayBuffer());
  for (const [start, end] of [
    [0, 10],
    [middle + 50_000, middle + 50_010],
  ] as const)
    expect(body.includes(Buffer.concat([Buffer.from(`bytes ${start}-${end - 1}/${guide.length}\r\n\r\n`), part(start, end)]))).toBe(true);
}

describe('reading a document that is not all here', () => {
  it(
    'shows the pages that were downloaded alone, from the few bytes that they need, and no others',
    () =>
      inSwarm(async (reader, id) => {
        const peer = clientOf(reader);
        const { id: downloadId } = await peer.startDownload({ id, pages: '50-52' });
        const download = await peer.followDownload(downloadId, DOWNLOAD_LIMIT_MS);
        expect(download).toMatchObject({
          state: 'done',
          readyPages: expect.stringContaining('50-52'),
          md5: { actual: null },
          sha256: null,
        });
        expect(download.bytesReceived).toBeLessThan(download.size / 10);
        for (const page of ['50.pdf', '51.pdf', '50-52.pdf']) {
          const { status, bytes } = await pageOf(reader, id, page);
          expect([page, status, bytes.subarray(0, 5).toString()]).toEqual([page, 200, '%PDF-']);
        }
        const picture = await pageOf(reader, id, '52.png?width=200');
        expect([picture.status, picture.bytes.subarray(1, 4).toString()]).toEqual([200, 'PNG']);
        const other = await pageOf(reader, id, '90.pdf');
        const { code, detail } = JSON.parse(other.bytes.toString());
        expect([other.status, code]).toEqual([409, 'PAGE_NOT_AVAILABLE']);
        expect(detail).toContain(`last seen at ${download.hosts[0]?.address};`);
        expect(detail).toContain('?timeout=');
        expect((await pageOf(reader, id, '121.pdf')).status).toBe(400);
        const joined = await extractOf(reader, 'extract', {
          parts: [
            { id, pages: '52' },
            { id, pages: '50-51' },
          ],
        });
        expect([joined.status, await pageCountOf(joined.bytes)]).toEqual([200, 3]);
        for (const [body, expected] of [
          [{ pages: '50,90' }, [409, 'PAGE_NOT_AVAILABLE']],
          [{ pages: '121' }, [400, 'INVALID_PAGES']],
          [{}, [400, 'INVALID_REQUEST']],
        ] as const) {
          const { status, bytes } = await extractOf(reader, `${id}/extract`, body);
          expect([status, JSON.parse(bytes.toString()).code]).toEqual(expected);
        }
      }),
    TEST_LIMIT_MS,
  );

  it(
    'shows a late page while most of the document is still to come',
    () =>
      inSwarm(async (reader, id, { host, worker }) => {
        await limitUpload(host, SLOW_BYTES_PER_SECOND);
        const peer = clientOf(reader);
        const { id: downloadId } = await peer.startDownload({ id });
        const { status, bytes } = await pageOf(reader, id, '110.pdf');
        expect([status, bytes.subarray(0, 5).toString()]).toEqual([200, '%PDF-']);
        // What lies around the page that is read comes next, whoever leafs on need not wait.
        await waitFor('the pages around page 110', DOWNLOAD_LIMIT_MS, async () => {
          const { readyPages } = await peer.download(downloadId);
          const ready = readyPages === '' ? [] : [...indexesOf(parsePageRanges(readyPages, FIELD_GUIDE.pages))];
          return [109, 111, 112].every((page) => ready.includes(page));
        });
        const late = await pageOf(reader, id, '70.png?width=100&timeout=0');
        expect([late.status, JSON.parse(late.bytes.toString()).detail]).toEqual([409, expect.stringMatching(/last seen at .*\?timeout=/)]);
        await expectRangesOf(reader, id);
        expect((await peer.download(downloadId)).state).toBe('downloading');
        const extract = await extractOf(reader, `${id}/extract`, { pages: '3,80-81' });
        expect([extract.status, extract.type, await pageCountOf(extract.bytes)]).toEqual([200, 'application/pdf', 3]);
        const meanwhile = await peer.download(downloadId);
        expect(meanwhile.state).toBe('downloading');
        expect(meanwhile.bytes).toBeLessThan(meanwhile.size / 2);
        expect((await pageOf(reader, id, '110.txt')).status).toBe(409);
        await limitUpload(host, null);
        expect(await peer.followDownload(downloadId, DOWNLOAD_LIMIT_MS)).toMatchObject({ state: 'done', error: null });
        // The texts come from the host: words are read once, by whoever publishes the document.
        await waitFor('the text of page 110', DOWNLOAD_LIMIT_MS, async () => (await pageOf(reader, id, '110.txt')).status === 200);
        const [text, original] = [await pageOf(reader, id, '110.txt'), await pageOf(host, id, '110.txt')];
        expect([text.bytes.length > 100, text.bytes.equals(original.bytes)]).toEqual([true, true]);
        expect(await textJobsOf(worker)).toBe(1);
      }),
    TEST_LIMIT_MS,
  );
});
