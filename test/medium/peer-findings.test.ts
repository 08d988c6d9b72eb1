import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PeerDocument, PeerDocumentDetail } from '@pageswarm/contracts';
import { TemporaryFolders } from '@pageswarm/testing';
import { DESCRIBED_LAYOUT, describedPdf } from './described-pdf.ts';
import { WorkerStage } from './pdf-worker-stage.ts';
import { RunningPeer } from './running-peer.ts';

const folders = new TemporaryFolders();
const stage = new WorkerStage();
let peer: RunningPeer;
let document: PeerDocument;

const withWorker = () => ({ PAGESWARM_WORKERS: `127.0.0.1:${stage.worker.transport.port}` });
const filesOf = (id: string) => readdirSync(join(peer.dataDir, 'records')).filter((name) => name.startsWith(id));

beforeAll(async () => {
  await stage.start({ PAGESWARM_POOL_SIZE: '2' });
  peer = await RunningPeer.start(join(await folders.make('findings'), 'data'), withWorker());
  document = (await peer.add('four pages.pdf', describedPdf())) as PeerDocument;
}, 30_000);

afterAll(async () => {
  await peer.stop();
  await stage.close();
  await folders.remove();
});

describe('what a peer keeps of the pages of a document', () => {
  it('is shown with the document: title, author, outline, page labels and sizes', async () => {
    expect(document).toMatchObject({ pages: 4, words: [6, 6, 6, 6], inspection: 'done' });
    const { json } = await peer.get(`documents/${document.id}`);
    expect(json).toMatchObject({
      title: 'Four pages',
      author: 'Somebody',
      pages: 4,
      ...DESCRIBED_LAYOUT,
    } satisfies Partial<PeerDocumentDetail>);
  });

  it('is the text of each page', async () => {
    const { status, headers, bytes } = await peer.get(`documents/${document.id}/pages/3.txt`);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(bytes.toString().trim()).toBe('this is page 3 of four');
    expect(await peer.get(`documents/${document.id}/pages/5.txt`)).toMatchObject({ status: 400, json: { code: 'INVALID_PAGES' } });
    expect(await peer.get(`documents/${document.id}/pages/1-2.txt`)).toMatchObject({ status: 400, json: { code: 'INVALID_PAGES' } });
  });

  it('is there after a restart', async () => {
    await peer.stop();
    peer = await RunningPeer.start(peer.dataDir, { PAGESWARM_WORKERS: '127.0.0.1:1' });
    expect((await peer.get(`documents/${document.id}`)).json).toMatchObject(DESCRIBED_LAYOUT);
    expect((await peer.get(`documents/${document.id}/pages/1.txt`)).bytes.toString().trim()).toBe('this is page 1 of four');
  });

  it('may be damaged on the disk without harm to the document', async () => {
    for (const part of ['layout', 'texts']) writeFileSync(join(peer.dataDir, 'records', `${document.id}.${part}`), 'damaged');
    const { status, json } = await peer.get(`documents/${document.id}`);
    expect([status, json.pages, json.outline]).toEqual([200, 4, null]);
    expect(await peer.get(`documents/${document.id}/pages/1.txt`)).toMatchObject({ status: 409, json: { code: 'PAGE_NOT_AVAILABLE' } });
  });

  it('goes with the document', async () => {
    expect(filesOf(document.id).length).toBe(4);
    expect((await peer.send('DELETE', `documents/${document.id}`)).status).toBe(204);
    expect(filesOf(document.id)).toEqual([]);
  });

  it('is pending until a pdf-worker answers, and an upload says so', async () => {
    const bytes = Buffer.concat([describedPdf(), Buffer.from('% another document\n')]);
    const added = (await peer.add('pending.pdf', bytes)) as PeerDocument;
    expect(added).toMatchObject({ pages: null, inspection: 'pending', error: { code: 'WORKER_UNAVAILABLE' } });
    expect(await peer.get(`documents/${added.id}/pages/1.txt`)).toMatchObject({ status: 503, json: { code: 'WORKER_UNAVAILABLE' } });
    await peer.stop();
    peer = await RunningPeer.start(peer.dataDir, withWorker());
    const events = await fetch(`${peer.base}/events`);
    await peer.add('told.pdf', Buffer.concat([describedPdf(), Buffer.from('% a third document\n')]));
    let told = '';
    for await (const chunk of events.body as AsyncIterable<Uint8Array>) {
      told += Buffer.from(chunk).toString();
      if (/event: document-changed\n(.*\n)*?data: .*"told.pdf".*"inspection":"done"/.test(told)) break;
    }
    for (let tries = 0; tries < 100 && (await peer.get(`documents/${added.id}`)).json.inspection === 'pending'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await peer.get(`documents/${added.id}`)).json).toMatchObject({ pages: 4, inspection: 'done', error: null });
  }, 20_000);
});
