import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { formatEndpoint } from '@pageswarm/primitives';
import { noisePdf, TemporaryFolders } from '@pageswarm/testing';
import { RunningPeer } from './running-peer.ts';
import { startTestTracker } from './tracker-nodes.ts';

const folders = new TemporaryFolders();
let tracker: Awaited<ReturnType<typeof startTestTracker>>;
let host: RunningPeer;
let downloader: RunningPeer;
let document: Document;

beforeAll(async () => {
  tracker = await startTestTracker();
  const folder = await folders.make('downloads');
  const env = { PAGESWARM_TRACKERS: formatEndpoint(tracker.transport) };
  host = await RunningPeer.start(join(folder, 'host'), env);
  // So slow that no test waits for the end of a download.
  downloader = await RunningPeer.start(join(folder, 'downloader'), { ...env, PAGESWARM_DOWNLOAD_LIMIT_BYTES: '20000' });
  document = await host.add('slow.pdf', noisePdf({ pages: 20, pageBytes: 50_000, seed: 71 }));
});

afterAll(async () => {
  await Promise.all([host.stop(), downloader.stop()]);
  await tracker.close();
  await folders.remove();
});

describe('a download that is removed before its end', () => {
  it.each([
    ['by its owner', (download: string) => `downloads/${download}`],
    ['with its document', () => `documents/${document.id}`],
  ])('%s ends its event stream, and the stream of the node says so', async (_, removed) => {
    const ordered = await downloader.send('POST', 'downloads', { 'content-type': 'application/json' }, JSON.stringify({ id: document.id }));
    expect(ordered.status).toBe(202);
    await until(async () => (await downloader.get(`documents/${document.id}`)).status === 200);
    const gone = new AbortController();
    const ofNode = await fetch(`${downloader.base}/events`, { signal: gone.signal });
    const ofDownload = fetch(`${downloader.base}/downloads/${ordered.json.id}/events`, { signal: AbortSignal.timeout(5_000) });
    const ended = (await ofDownload).text();
    expect((await downloader.send('DELETE', removed(ordered.json.id))).status).toBe(204);
    expect(await ended).toContain('event: download\n');
    expect(await textUntil(ofNode, 'event: download-removed\n')).toContain(ordered.json.id);
    gone.abort();
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** What a stream says up to and including the event that begins with `mark`. */
async function textUntil({ body }: Response, mark: string): Promise<string> {
  let text = '';
  for await (const chunk of body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    if (new RegExp(`${mark}data: .*\n`).test(text)) break;
  }
  return text;
}
